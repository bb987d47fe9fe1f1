// Package faults breaks things at each step of a swap, under load, and proves that hotswap keeps what it promises. It
// has tests only, and writes a part of docs/evidence.md.
//
//	HOTSWAP_FAULTS=1 go test -v ./internal/faults
//	HOTSWAP_FAULTS=1 HOTSWAP_FAULTS_WRITE=1 go test -v ./internal/faults
//
// # How is a step hit exactly?
//
// The program under test is the test binary. Before each of its steps it announces the step on a unix socket and goes
// on when it is answered; the test answers late if it wants to break something first. Where the step is hotswap's own,
// hotswap is stopped (SIGSTOP) while the program takes the step that hotswap must answer, or a line that hotswap has
// written is the mark.
//
// # Which requests may be lost?
//
// Those inside a process that is killed. The program notes every connection that it accepts in a file, before it reads
// from it, and a file outlives its writer. A request that fails is looked up there: it is allowed only if its
// connection was accepted by a process that was killed, and failed no sooner than the kill. Between accept(2) and the
// note there are some microseconds; one connection for each kill that is in no note is allowed, if it ended with the
// kill.
//
// # What is looked at afterwards?
//
// One generation answers; no process of another one is left, found by the environment that all of them have, and no
// zombie; one more swap loses nothing; hotswap has no more descriptors than before; told to stop, it leaves nothing.
package faults
