// Package writes knows who has changed a file: the program and its builds, or somebody else.
//
// # The rule
//
// A change is the program's only if the kernel shows that nobody else can have made it; in doubt a person has made it.
//
// # What does the kernel show?
//
// Package intercept notes each call of the program that opens a file for writing, removes it or puts another in its place,
// before the kernel carries the call out. inotify(7) reports what happens to the file, whoever does it, and names nobody. Both
// arrive in the order in which they happen. So each file has an account:
//
//   - Each closing after writing belongs to an opening. Of the program's openings, those are closed that no process below
//     hotswap has any more (/proc/PID/fd). One closing more is somebody else's. So a file that the program keeps open is the
//     program's as long as nobody closes it.
//   - A write while each opening of the program is closed is somebody else's, and so is a removal, a rename or a link that no
//     call of the program announces.
//
// The invariant, which FuzzAccount holds: once somebody else has written and closed, put or removed a file, the account says
// so, whatever the program does before, meanwhile and after.
//
// # Where is doubt?
//
// Where an account may be wrong, it is forgotten, and the next change counts: when the kernel drops reports, another folder gets
// the name, or there are too many files. A first call for a file that has changed since hotswap began is in doubt, too.
//
// Two gaps are left. A call that fails counts as one that is under way until the next comparison, some milliseconds later. And
// the kernel merges equal neighbours among its reports; so a second watch, of the file itself, separates the closings that its
// folder reports, and two threads' calls for one file follow each other (two processors could close the file at one moment).
package writes
