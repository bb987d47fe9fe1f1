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
//   - A signal goes to each process below; a request to end goes to the servers
//     first, so that a wrapper which passes it on does not tell them twice.
//   - Kill reaches everything below, whatever its group or session.
//   - No signal reaches a process that is not below: see [Handle].
//
// # Why does no signal go astray?
//
// A number is given to another process some time after its owner was waited for. So
// a process is signalled by a pidfd, and only if it is below the keeper after the
// pidfd was opened. The program's process group is signalled as a whole, since a
// process that is forked meanwhile would be left out otherwise, until the program is
// waited for: till then its number is its own, as a process and as a group. The keeper
// notes that it has waited under the lock under which it signals the group.
package proc
