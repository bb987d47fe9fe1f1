// Package writes knows who has changed a file: the program and its builds, or somebody else.
//
// # The rule
//
// A change is the program's only if the kernel shows that nobody else can have made it; in doubt a person has made it.
//
// # What does the kernel show?
//
// Package intercept notes each call of the program that opens a file for writing, removes it or puts another in its
// place, before the kernel carries the call out. inotify(7) reports what happens to the file, whoever does it, and
// names nobody. Both arrive in the order in which they happen. So each file has an account:
//
//   - Each call of the program has one end: the closing after writing of what it opened, a removal or a rename. Of the
//     calls that open a file, those have ended whose descriptor no process below hotswap has any more (/proc/PID/fd).
//     One end more is somebody else's. So a file that the program keeps open is the program's as long as nobody closes
//     it.
//   - A write or a new link while each call of the program has ended is somebody else's.
//
// The invariant, which FuzzAccount holds: once somebody else has written and closed, put or removed a file, the account
// says so, whatever the program does before, meanwhile and after.
//
// # Where is doubt?
//
// Where an account may be wrong, it is forgotten, and the next change counts: when the kernel drops reports, another
// folder gets the name, or there are too many files. A first call for a file that has changed since hotswap began is in
// doubt, too.
//
// A verdict waits while a call is not carried out yet, or while reports come so fast that nothing can be compared, and
// until each thread that has a processor, or waits for one, has gone on: close(2) takes the descriptor away first and
// reports the closing as it returns, which takes a busy machine long. After a second the change is a person's; so is
// any where the first thread of a process has ended and others go on.
//
// Three gaps are left. A call that fails, or makes a link, counts as one that is under way until the second comparison:
// some milliseconds, or longer while reports come all the time. So do two closings at one moment, on two processors, of
// which the kernel reports one: it merges equal neighbours among its reports. A second watch, of the file itself,
// separates the closings that its folder reports, unless those of both interleave, as one pair in 400 does that is
// closed at once. And a save whose closing is merged so with one of the program's is not seen. Where two generations
// open and close one file every 3 ms, on a machine with twice as many busy programs as processors, 11 saves in 530 of
// that file were taken for theirs.
package writes
