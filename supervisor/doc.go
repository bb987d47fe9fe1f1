// Package supervisor decides when a generation of the program starts, when it
// takes over, when it drains and when it is given up, and carries that out.
//
// # Theory of operation
//
// # Who decides, and who acts?
//
// Everything that happens becomes an event in one inbox: a batch of changed
// files, a command, a process that started, listened or ended, a timer. One
// goroutine takes an event, asks the machine what follows from it and carries
// out the effects, in their order. The machine (machine*.go) is pure: no I/O,
// no goroutine and no clock; the time comes with the event. So a whole story of
// swaps and crashes is a table in a test, and a fuzz target can play an
// environment that lies in wait for a bad order.
//
// # What is a generation?
//
// One run of the command, with every process below it. A [Generation] holds
// facts only, which can be printed and compared; handles (the process, its
// session, its timers) stay with the loop.
//
//	         start
//	           │
//	      ┌────▼─────┐  superseded, or stop       ┌──────────┐
//	┌─────│ starting │───────────────────────────▶│          │
//	│     └────┬─────┘                            │          │
//	│     ┌────▼─────┐                            │ draining │ stop signal, then
//	├─────│  ready   │ passed within one step, or │          │ SIGKILL at the deadline
//	│     └────┬─────┘ a canary: superseded, stop▶│          │
//	│     ┌────▼─────┐  a newer one serves, stop  │          │
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
// A program that ends by itself with code 0 and never meant to listen goes to
// exited from starting or serving; one that ends by itself while it is held goes
// there too. By hand a generation can also go back from draining to serving, as
// long as it has not been told to stop.
//
// # When is a generation ready?
//
// When it listens on every endpoint that the serving generation serves, or,
// with nothing serving, at its first listen. One that listens on some of them
// only is ready when it has not listened anew for [Policy].Settle: the port was
// changed on purpose. A debugger's endpoint counts for nothing here. Readiness can also be told ([Policy].ExplicitReady);
// then too one that lacks an endpoint gets [Policy].Settle to listen on it.
//
// A program that listens on nothing is a boot that goes on, for every decision. When it
// has lived for [Policy].Lived people hear that it runs, unless it is known to be a
// server ([NoticeRunning]). A generation that listens at a unix address at which an
// earlier one has listened serves.
//
// # What if two generations want one unix socket?
//
// Such sockets are not steered. When a new generation wants the address of an older
// one, that one is relieved by nobody, as with [StopFirst], and drains; the call of
// the new one waits until it is gone (machine_blocked.go).
//
// # Where does a debugger's endpoint lead?
//
// To the generation that serves: with the cutover it moves, and back with a
// rollback. A boot that waits for its debugger (--inspect-brk) gets it as soon as
// it listens, for else it would never be ready; it goes back if that boot is
// given up. Whenever it moves, the connections that debuggers have to any other
// generation are ended: one that attaches again finds the process that matters.
// One pure function says whose it is after each step (machine_debugger.go); a
// cutover and a canary leave it alone.
//
// # Why can a broken save not take the service down?
//
// Because only a promotion, the end of its own processes, a stop, a rollback by
// hand, the stop-first strategy, or a new one that wants its unix address moves a
// generation out of serving, and a promotion needs readiness. An invariant, checked after every step in tests, says so.
//
// # What if a version breaks just after the swap?
//
// Then the one before serves again within the same step, by one cutover: for
// [Policy].Probation it is held, alive, told nothing and not steered to. Its
// connections go on meanwhile. What failed is not started again, for it is what
// is on disk: only a change or a wish starts anything then. At most one is held;
// with faster swaps it is the one that served last.
//
// # What is a canary?
//
// A generation that is ready and gets [Policy].CanaryPercent of the new
// connections for [Policy].CanaryTime before its promotion. If it ends, or is
// not wanted any more, one cutover takes its share back; if the serving one ends,
// it is promoted at once.
//
// # What ends a rollback?
//
// The next change, or wish. Until then starts that were under way are given up,
// and nothing is begun: it would be the version that was rolled back from.
//
// # What is the difference between exited and gone?
//
// Exited is about the main process, which may be a wrapper: npm or a shell. Gone
// is about the tree. A generation whose wrapper died may still serve, so it is
// replaced, not buried; and only a tree that is gone has no gate left in use.
//
// # What happens to clients that wait at a dead gate?
//
// While nobody serves the endpoint, clients are sent to a dead gate and wait in
// its queue: the next bind of the endpoint is given it. Those at any other dead
// gate are accepted by the loop and passed on to the generation that serves
// ([Relay]); the machine is not asked.
//
// # How does time pass?
//
// The machine keeps its deadlines as facts. After each step the loop sets its one
// timer to the earliest of them. When the timer goes off, one event, the tick, has
// the machine look at its deadlines; a tick that comes too early does nothing.
//
// # What time is it while hotswap is suspended (Ctrl-Z)?
//
// The time at which it was suspended. The loop's clock, by which the machine judges
// and the timers run, stands still from Suspend to Resume; so time asleep is neither
// health nor a boot that takes too long.
//
// # What is a build?
//
// What goes before every start that somebody wished for, if there are commands for it
// ([Config].Build); no generation, and nothing is steered by it. Until it has
// succeeded its wish changes nothing: what boots or serves goes on, also if it fails.
// At most one runs; a newer wish ends it, waits until nothing of it is left, and takes
// over what it was for. A start that was built and cannot begin yet (stop-first) waits
// for a build that runs, since that is about to replace what it would run. A restart
// after a crash does not wait, and is not built, nor is the first generation after a
// renewal.
//
// # What is a standby?
//
// The program of the next generation, started ahead: it waits right before its own
// code, as a [Warmer] knows to make it. It is none of the generations and has no
// gate but its debugger's; it has their next number. One is begun when it has been calm for a while,
// and ended before hotswap ends. Whatever begins takes it, in whatever state it is,
// so that no boot is ever slower for it; where it turns out to be of no use then
// (what it has loaded has changed, it has just ended) the loop ends it and starts
// the same generation cold, and the machine hears of one start only. What it writes
// and what its sessions tell is kept back until it goes.
//
//	     calm                    it waits
//	────▶ starting ─────────────▶ waiting
//	          │  a start              │  a start
//	          └───────────┬───────────┘
//	                      ▼
//	          generation, starting
//
// One that fails is made once more and then no more; after two boots from a standby
// that failed something has to serve first.
//
// # What is promised about order?
//
//   - Effects are carried out in the order in which they are returned.
//   - A cutover comes before the drain of the generation that it relieves.
//   - After [fxForget] no effect names that generation again.
//   - Every command with a token gets exactly one reply; stop's comes when
//     everything is gone.
//   - No start that was wished for comes while a build runs, or without one that has
//     succeeded since.
//   - [fxDone] comes once, as the last effect of all.
package supervisor
