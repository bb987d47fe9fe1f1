package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The stories below are whole timelines: what happens at the margin, what the
// machine wants of it indented, notices behind an exclamation mark.

var (
	begin  = Request{Cause: report.CauseFirst}
	crash  = report.Exit{Code: 1}
	killed = report.Exit{Signal: 9}
)

// save is a batch of changed files.
func save(files ...string) Event { return Request{Cause: report.CauseChange, Files: files} }

// dev is the policy of somebody at work: files are watched.
var dev = Policy{Watching: true}

// serving is a story in which generation 1 serves A.
func serving(t *testing.T, p Policy) *story {
	t.Helper()
	return newStory(t, p).on(begin).boot(1, portA).quiet()
}

// swapped is a story in which generation 2 has just relieved generation 1.
func swapped(t *testing.T, p Policy) *story {
	t.Helper()
	return serving(t, p).on(save("a")).boot(2, portA).quiet()
}

func TestStorySave(t *testing.T) {
	s := serving(t, dev).on(save("a.ts", "b.ts")).after(300*time.Millisecond).boot(2, portA)
	s.after(200*time.Millisecond).on(Drained{Gen: 1}).after(10*time.Millisecond).end(1, report.Exit{Signal: 15})
	s.want(`
		0.000 batch a.ts b.ts
			start 2 change a.ts b.ts
		0.300 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for change after 300ms by listen, replaces 1, unserved []
		0.500 1 drained
			signal 1
		0.510 1 gone
			! 1 drained in 210ms, busy false, killed false
	`).phase(report.PhaseServing)
}

// What a generation opened when it served, the next one may open late, too: nothing waits for it.
func TestStoryLateEndpoint(t *testing.T) {
	s := serving(t, dev).on(Listening{Gen: 1, Endpoint: portB, Late: true}).quiet().on(save("a")).boot(2, portA)
	s.on(Listening{Gen: 2, Endpoint: portB, Late: true}).end(2, crash).boot(3, portA)
	s.want(`
		0.000 batch a
			start 2 change a
		0.000 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for change after 0s by listen, replaces 1, unserved []
		0.000 2 listens 127.0.0.1:4001
			cutover 2
			! 2 also serves 127.0.0.1:4001
		0.000 2 ended: exit 1, 0 left
			! 2 crashed: exit 1, 0 left; restart
			start 3 crash
		0.000 3 listens 127.0.0.1:4000
			cutover 3
			! 3 serves [4000] for crash after 0s by listen, replaces 0, unserved []
			arm 0 healthy 1m0s
	`)
}

func TestStoryBrokenSaveExits(t *testing.T) {
	s := serving(t, dev).on(save("a.ts"), Started{Gen: 2, PID: 102}, Exited{Gen: 2, Exit: crash, Left: 1}, Gone{Gen: 2})
	s.want(`
		0.000 batch a.ts
			start 2 change a.ts
		0.000 2 ended: exit 1, 1 left
			kill 2
			! 2 failed: exited; keeps 0s 1
			arm 2 kill 1s
	`).phase(report.PhaseServing)
}

// A boot that hangs has its turn for twice the time of the slowest boot, and the one behind it has longer.
func TestStoryTurnEnds(t *testing.T) {
	s := newStory(t, dev).on(begin).after(2*time.Second).boot(1, portA).on(save("a.ts"), save("b.ts"), save("c.ts"))
	s.end(2, report.Exit{Signal: 15}).quiet().after(4 * time.Second).on(save("d.ts"))
	s.want(`
		6.000 3 expired turn
			signal 3
			! 3 failed: superseded; start
			start 4 change a.ts b.ts c.ts
			arm 3 kill 1s
		6.000 batch d.ts
			arm 4 turn 6s
	`)
}

func TestStoryCrashAndBackoff(t *testing.T) {
	s := serving(t, dev).end(1, crash).boot(2, portA).end(2, crash).after(time.Second).boot(3, portA).end(3, killed)
	s.phase(report.PhaseRestarting).on(save("fix.ts"))
	s.want(`
		0.000 1 ended: exit 1, 0 left
			! 1 crashed: exit 1, 0 left; restart
			start 2 crash
		0.000 2 listens 127.0.0.1:4000
			cutover 2
			! 2 serves [4000] for crash after 0s by listen, replaces 0, unserved []
			arm 0 healthy 1m0s
		0.000 2 ended: exit 1, 0 left
			! 2 crashed: exit 1, 0 left; restart 250ms
			arm 0 restart 250ms
		0.250 0 expired restart
			start 3 crash
		1.000 3 listens 127.0.0.1:4000
			cutover 3
			! 3 serves [4000] for crash after 750ms by listen, replaces 0, unserved []
			arm 0 healthy 1m0s
		1.000 3 ended: signal killed, 0 left
			! 3 crashed: signal killed, 0 left; restart 500ms
			arm 0 restart 500ms
		1.000 batch fix.ts
			start 4 change fix.ts
	`).phase(report.PhaseStarting)
}
