// Package machine decides when a generation of the program starts, takes over, drains and is given
// up. It is pure: no I/O, no goroutine and no clock; the time comes with the event. So a whole story
// of swaps and crashes is a table in a test, and a fuzz target can look for a bad order of events.
//
// Machines beside it decide the rest: package build, when the steps before a start run, package standby, when a program
// is started ahead and when a parked one runs on, package drain, when a program that drains is told to stop, and
// package debugger, where debuggers' endpoints lead. [Machine] owns them, and tells each what it has to know.
//
// # What is a generation?
//
// One run of the command, with every process below it. A [Generation] holds facts only, which can be
// printed and compared; handles (the process, its sessions) stay with the loop.
//
//	         start
//	           │
//	      ┌────▼─────┐  superseded, or stop       ┌──────────┐
//	┌─────│ starting │───────────────────────────▶│          │
//	│     └────┬─────┘                            │          │
//	│          │ ready                            │ draining │ stop signal, then
//	│     ┌────▼─────┐  a newer one serves, stop, │          │ SIGKILL at the deadline
//	├─────│ serving  │───────────────────────────▶│          │
//	│     └─▲──────┬─┘                            │          │
//	│ the   │      │ a newer one serves,          │          │
//	│ newer │      │ on probation                 │          │
//	│ failed│      │                              │          │
//	│     ┌─┴──────▼─┐  probation passed, stop    │          │
//	│     │   held   │───────────────────────────▶└────┬─────┘
//	│     └──────────┘                                 │ the whole tree is gone
//	▼                                                  ▼
//	failed: ended or given up unexpectedly           exited
//
// A program that ends by itself with code 0 and never listened goes from starting or serving to
// exited, and so does a held generation that ends by itself.
//
// # When is a generation ready?
//
// When it listens on every endpoint that the serving generation had when that became ready, or, with nothing serving,
// at its first listen. A generation that listens on some of these endpoints only is ready when it has not listened anew
// for a while: the port was changed on purpose. A debugger's endpoint does not count. With [Policy].ExplicitReady a
// generation is ready when it says so, or a probe does; if it lacks an endpoint then, it gets a while to listen on it.
//
// A program that listens on nothing is a boot that goes on. When a boot should be over, or sooner if an earlier
// generation or the last run was so, people hear that it runs, unless it is known to be a server.
//
// # What of unix sockets and UDP?
//
// A path counts as a port does if the last generation served it. A new path may be one over which the program's own
// processes talk, so it counts when the generation has lived for a while and listens on no port. Where there are ports,
// readiness does not wait for paths. All that holds for UDP, too: a port of TCP may follow.
//
// # Why can a broken save not take the service down?
//
// Because only a promotion, the end of its own processes, its silence on probation, a stop, a rollback by hand, sleep,
// an upgrade, the stop-first strategy, or a step that wants to be alone moves a generation out of serving, and a
// promotion needs readiness. Tests check this after every step.
//
// # What if a version breaks just after the swap?
//
// For [Policy].Probation the older generation is held: alive, without new connections, and its program
// knows nothing of it. If the newer one fails, the older one serves again within the same step. What
// failed is not started again, because it is what is on disk: only a change or a command starts
// anything then. A start that is under way goes on. At most one generation is held.
//
// # What is the difference between exited and gone?
//
// Exited is about the main process, which may be a wrapper: npm or a shell. Gone is about the tree. A generation whose
// wrapper died may still serve, so it is replaced, not removed; and only a tree that is gone uses no gate any more.
//
// # What is promised about order?
//
//   - The loop carries effects out in the order in which Step returns them.
//   - A cutover comes before the drain of the generation that it relieves.
//   - After [Discard] no effect names that generation again.
//   - Every token gets exactly one reply; that of a stop comes when everything is gone.
//   - No start that people asked for comes while a build runs, or without a build that has succeeded
//     since.
//   - [Done] comes once, as the last effect of all.
package machine
