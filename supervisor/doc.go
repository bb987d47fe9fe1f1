// Package supervisor decides when a generation of the program starts, takes over, drains
// and is given up, and carries that out.
//
// # Who decides, and who acts?
//
// Everything that happens becomes an event: a batch of changed files, a command, a process
// that started, listened or ended, a deadline. One goroutine, the loop, gives each event to
// the machine and carries out the effects that the machine returns, in their order. The
// machine (machine*.go) is pure: no I/O, no goroutine and no clock; the time comes with the
// event. So a whole story of swaps and crashes is a table in a test, and a fuzz target can
// look for a bad order of events.
//
// # What is a generation?
//
// One run of the command, with every process below it. A [Generation] holds facts only,
// which can be printed and compared; handles (the process, its sessions) stay with the loop.
//
//	         start
//	           │
//	      ┌────▼─────┐  superseded, or stop       ┌──────────┐
//	┌─────│ starting │───────────────────────────▶│          │
//	│     └────┬─────┘                            │          │
//	│          │ ready                            │ draining │ stop signal, then
//	│     ┌────▼─────┐  a newer one serves, stop  │          │ SIGKILL at the deadline
//	├─────│ serving  │───────────────────────────▶│          │
//	│     └─▲──────┬─┘                            │          │
//	│ the   │      │ a newer one serves,          │          │
//	│ newer │      │ on probation                 │          │
//	│ failed│      │                              │          │
//	│     ┌─┴──────▼─┐  probation passed, stop    │          │
//	│     │   held   │───────────────────────────▶└────┬─────┘
//	│     └──────────┘                                 │ the whole tree is gone
//	▼                                                  ▼
//	failed: ended or given up by mistake             exited
//
// A program that ends by itself with code 0 and never listened goes from starting or serving
// to exited, and so does a held generation that ends by itself. A rollback by hand can move
// a generation from draining back to serving, as long as no signal has been sent to it.
//
// # When is a generation ready?
//
// When it listens on every endpoint that the serving generation serves, or, with nothing
// serving, at its first listen. A generation that listens on some of these endpoints only is
// ready when it has not listened anew for [Policy].Settle: the port was changed on purpose. A
// debugger's endpoint does not count. With [Policy].ExplicitReady a generation is ready when
// it says so, or a probe does; if it lacks an endpoint then, it gets [Policy].Settle to listen
// on it.
//
// A program that listens on nothing is a boot that goes on. When it has lived for
// [Policy].Lived, [NoticeRunning] says that it runs, unless it is known to be a server.
//
// # What if two generations want one unix socket?
//
// Such sockets cannot be steered. The older generation drains, as with [StopFirst], and the
// call of the newer one waits until the older one is gone.
//
// # Where does a debugger's endpoint lead?
//
// To the generation that serves; the endpoint moves with the cutover, and back with a
// rollback. A boot that waits for its debugger (--inspect-brk) gets the endpoint as soon as it
// listens, because it would never be ready otherwise. When the endpoint moves, the debuggers'
// connections to other generations are ended, so that a debugger that attaches again finds the
// process that matters (machine_debugger.go).
//
// # Why can a broken save not take the service down?
//
// Because only a promotion, the end of its own processes, a stop, a rollback by hand, the
// stop-first strategy, or a newer generation that wants its unix address moves a generation
// out of serving, and a promotion needs readiness. Tests check this after every step.
//
// # What if a version breaks just after the swap?
//
// For [Policy].Probation the older generation is held: alive, told nothing and without new
// connections. If the newer one fails, the older one serves again within the same step. What
// failed is not started again, because it is what is on disk: only a change or a command starts
// anything then, and starts that were under way are given up. At most one generation is held.
//
// # What is the difference between exited and gone?
//
// Exited is about the main process, which may be a wrapper: npm or a shell. Gone is about the
// tree. A generation whose wrapper died may still serve, so it is replaced, not removed; and
// only a tree that is gone uses no gate any more.
//
// # What happens to clients that wait at a dead gate?
//
// While nothing serves the endpoint they wait in the gate's queue, and the next bind of the
// endpoint gets that gate. The loop accepts clients at any other dead gate and passes them on to
// the generation that serves ([Relay]); the machine is not asked.
//
// # How does time pass?
//
// The machine keeps its deadlines as facts. After each step the loop sets its one timer to the
// earliest deadline. When the timer goes off, one event, the tick, has the machine look at its
// deadlines; a tick that comes too early does nothing. While hotswap is suspended (Ctrl-Z) the
// loop's clock stands still: time asleep is neither health nor a boot that takes too long.
//
// # What is a build?
//
// The steps ([Step]) that come before a start: those that a batch brings ([Change]), or those of
// [Config].Steps for a start that a person asked for. Until a build has succeeded, what boots or
// serves goes on, unless a step asks to be alone: then every generation ends before that step
// runs. At most one build runs. A newer request ends it, at once if a step runs that the request
// has too, else after that step, waits until nothing of it is left, and merges with what it was
// for; steps that had ended run again only if the newer request has them too. A batch may bring steps without a start. A start that was built and cannot begin yet
// (stop-first) waits for a build that runs, because that is about to replace what it would run. A
// restart after a crash does not wait, unless a step is alone, and is not built, nor is the first
// generation after an upgrade.
//
// # What is a standby?
//
// The program of the next generation, started ahead: it waits right before its own code. A
// [Warmer] knows how to make a program wait. A standby is none of the generations and has no
// gate but its debugger's. There is one at most, and it has the number that the next generation
// will have. It is begun as soon as nothing else starts or builds, by what is known of the
// program, and ended before hotswap ends. What is known comes from the last generation that was
// inspected; the one that serves is inspected when nothing else has been going on for a while.
// The next generation adopts the standby in whatever state it is. If the standby is of no use
// then, or was told to end, the loop ends it and starts the same generation cold, under the same
// number. What the standby writes, and the events of its sessions, are kept until its own code
// begins.
//
// # What is a rehearsal?
//
// A process that is started as a standby is, loads packages to show what they do meanwhile
// ([Rehearsal]), and is thrown away: no generation adopts it. While a rehearsal would show more,
// it begins instead of the next standby, because a standby loads only what was shown to do
// nothing. It goes on beside starts, at a low priority, so that saves cannot prevent it, and
// beside a standby that waits; but no standby begins meanwhile. It is ended before hotswap ends,
// and when hotswap is suspended or packages are being installed.
//
// # When does a generation begin its own code?
//
// Where a standby has waited before, each generation waits right before its own code, also one
// that starts cold, and begins it by fxResume. Only the machine gives that effect. So a request
// that comes before is served by the same start, which reads what is on disk later; one that
// comes after supersedes it. If the start turns out to be of no use, the loop starts the same
// generation in the usual way. It says so first (evCold), since from then on nobody knows.
//
// # What is promised about order?
//
//   - Effects are carried out in the order in which they are returned.
//   - A cutover comes before the drain of the generation that it relieves.
//   - After [fxForget] no effect names that generation again.
//   - Every command with a token gets exactly one reply; stop's comes when everything is gone.
//   - No start that was asked for comes while a build runs, or without one that has succeeded
//     since.
//   - [fxDone] comes once, as the last effect of all.
package supervisor
