// Package loaded decides, from what the processes of a program say they have
// loaded, what is watched besides the sources in the project's folder, and which
// changes do not concern what serves. It is pure: what has to be looked up on the
// disk is asked through functions.
//
// # What is watched besides?
//
// Every loaded file that is no package's ([Report.Plan]): those of other folders of
// a monorepo, and those that are ignored by default because tools make them. Of a
// package outside, its other sources count too: a broken file that it has just
// begun to import was never loaded.
//
// # Whose work is a change of generated code?
//
// The command itself may build before it runs (tsc && node dist). What its build
// writes is loaded by the server that starts after it; to swap for that would be one
// swap too many. Somebody else's build (tsc --watch in another terminal) writes when
// the server has loaded the older one already. So such a change is kept until the
// generation that boots serves, and tells; it counts if a thread that has loaded the
// file began before the change ([Book.Sift]). One that is gone does not count by
// itself: builds begin so, and when it is back it is a change again.
//
// # What can be passed over?
//
// If the user wants so: files of code that nobody has loaded. Only while a generation
// serves that has told everything, and whose successors did not fail: the cure of a
// broken boot may be in a file that the old version never had.
package loaded
