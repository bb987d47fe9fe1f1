// Package supervisor runs generations of one command: it feeds the machine (package machine) with
// events, and carries out what the machine decides.
//
// Before a reader gets a notice, a result or the status, the loop completes it by what
// only the loop knows: the last lines of a program, process ids.
//
// # What happens to clients that wait at a dead gate?
//
// While nothing serves the endpoint they wait in the gate's queue, and the next bind of the endpoint
// gets that gate. The loop accepts clients at any other dead gate and passes them on to the generation
// that serves ([Relay]); the machine is not asked.
//
// # How does a program wait before its own code?
//
// A [handoff.Warmer] knows how. A standby has no gate but its debugger's. The loop buffers what the standby writes, and
// the events of its sessions, until the program's own code begins. When a program that waits cannot be used any more,
// its goroutine ends the program and reports that (standby.Ended), whether a generation has adopted it by then or not.
// The machine decides what follows: if a generation needs the program, that generation starts cold, under the same
// number. A rehearsal goes on beside starts, so that saves cannot prevent it; it ends before hotswap does, and when
// hotswap is suspended.
package supervisor
