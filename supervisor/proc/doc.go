// Package proc runs one generation's process tree: start, signal, wait, kill.
//
// # Who is the parent of the program?
//
// A keeper: hotswap's own binary, one for each generation, started by [Start]
// and doing nothing but this. It is the subreaper (prctl(2),
// PR_SET_CHILD_SUBREAPER) of its generation, so every descendant stays below
// it, even one that forked twice, called setsid or emptied its environment.
// That makes 'the whole tree of a generation' an exact thing, and ends it
// when hotswap is killed: the keeper reads end-of-file on its control socket,
// which no signal to hotswap can prevent.
//
// The alternative, a parent-death signal, reaches only direct children and is
// bound to the thread that forked; markers in the environment are lost where a
// program clears it (nginx, env -i). The keeper costs one small process and
// about 2 ms a start.
//
// It asks the program to end then, and for the two seconds in which that may
// still answer what it owes, what it writes goes on to where hotswap would have
// passed it ([Spec].Outlets): no write may end it.
//
// # And if the keepers are killed too?
//
// Then what is left falls to hotswap, which is a subreaper, and is killed; or,
// with hotswap gone as well, to process 1, and [EndLeftovers] of the next
// hotswap ends it: by a marker in the environment, which is enough for all but
// what cleared it.
//
// # What is promised?
//
//   - Exited is told once, when the program itself has ended, with the number
//     of its descendants that still live; then Gone, once, when none is left.
//   - A signal goes to the program's process group, which is its own, and to
//     each process below that has left it; a request to end goes to the servers
//     first, so that a wrapper which passes it on does not tell them twice.
//   - Kill reaches everything below, whatever its group or session.
package proc
