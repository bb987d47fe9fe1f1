package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Nothing serves, and the boot has taken over the gate at which clients wait: it
// answers those that it has begun on, however soon it is superseded.
func TestStorySupersededBeforeAnybodySawItServe(t *testing.T) {
	s := serving(t, dev).end(1, killed).on(Started{Gen: 2, PID: 102}).quiet()
	s.on(save("a.ts")).after(3*time.Second).after(3*time.Second).end(2, killed).want(`
		0.000 batch a.ts
			drain 2 unrelieved
			! 2 failed: superseded; start
			arm 2 stop 3s
			arm 2 kill 6s
		3.000 2 expired stop
			signal 2
		6.000 2 expired kill
			kill 2
			arm 2 kill 1s
		6.000 2 gone
			start 3 change a.ts
	`)
}

// A boot that is superseded while nothing serves blocks the next one: it is known to
// be a server, and may hold what the next one needs.
func TestStorySupersededFirstBoot(t *testing.T) {
	p := dev
	p.MustListen = []handoff.Endpoint{{}}
	s := newStory(t, p).on(begin, Started{Gen: 1, PID: 101}).after(61 * time.Second)
	s.on(save("a.ts"), save("b.ts"), Drained{Gen: 1}).after(time.Second).end(1, report.Exit{Signal: 15})
	s.on(Started{Gen: 2, PID: 102}, Exited{2, report.Exit{}, 0, ""}, Gone{Gen: 2})
	s.want(`
		0.000 begin
			start 1 first
		60.000 1 expired ready
			! 1 has not listened for 1m0s
		61.000 batch a.ts
			drain 1 unrelieved
			! 1 failed: superseded; start
			arm 1 stop 3s
			arm 1 kill 6s
		61.000 1 drained
			signal 1
			arm 1 kill 3s
		62.000 1 gone
			start 2 change a.ts b.ts
		62.000 2 ended: exit 0, 0 left
			! 2 finished; wait
	`).phase(report.PhaseWaiting)
}

// Where nothing tells what a program listens on, it serves when it runs, and so
// its end is a crash.
func TestStoryReadyAtStart(t *testing.T) {
	p := dev
	p.Strategy, p.ReadyAtStart = StopFirst, true
	newStory(t, p).on(begin, Started{Gen: 1, PID: 101}).end(1, crash).want(`
		0.000 begin
			start 1 first
		0.000 1 started
			cutover 1
			! 1 serves [] for first after 0s by start, replaces 0, unserved []
		0.000 1 ended: exit 1, 0 left
			! 1 crashed: exit 1, 0 left; restart
		0.000 1 gone
			start 2 crash
	`)
}

// The program ends as told, and what it leaves ignores the signal: nothing is gained by the whole time.
func TestStoryStrayThatIgnoresTheSignal(t *testing.T) {
	s := swapped(t, dev).on(Drained{Gen: 1}).quiet().on(Exited{1, report.Exit{Deaf: true}, 1, ""}).after(3 * time.Second)
	s.want(`
		0.000 1 ended: exit 0, 1 left
			arm 1 kill 3s
		3.000 1 expired kill
			kill 1
			arm 1 kill 1s
	`)
}

// A wrapper ends first, as told: what it leaves has the whole time, and hears the signal again before the end, in case it
// has not.
func TestStoryWrapperEndsFirst(t *testing.T) {
	s := swapped(t, dev).on(Drained{Gen: 1}).quiet().on(Exited{1, report.Exit{}, 1, ""}).after(10 * time.Second)
	s.want(`
		7.000 1 expired stop
			signal 1
		10.000 1 expired kill
			kill 1
			arm 1 kill 1s
	`)
}

func TestStoryWrapperGoneAndReplacementFails(t *testing.T) {
	s := serving(t, dev).on(Exited{1, killed, 2, ""}).quiet()
	s.on(Started{Gen: 2, PID: 102}).end(2, crash).on(Gone{Gen: 1})
	s.want(`
		0.000 2 ended: exit 1, 0 left
			! 2 failed: exited; restart 250ms
			arm 0 restart 250ms
		0.000 1 gone
			! 1 crashed: signal killed, 0 left; restart 250ms
	`).phase(report.PhaseRestarting)
}

func TestStoryLost(t *testing.T) {
	s := serving(t, dev).on(Request{Cause: report.CauseCommand, Token: 5}, Started{Gen: 2, PID: 102}, TrackingLost{2, nil}, TrackingLost{2, nil}, TrackingLost{1, nil})
	s.after(time.Minute).end(2, killed)
	s.want(`
		0.000 command reload
			start 2 command
		0.000 2 lost
			! 2 lost
		0.000 1 lost
			! 1 lost
		60.000 2 expired ready
			kill 2
			! 2 failed: timeout; keeps 0s 1
			reply 5: failed 2
			arm 2 kill 1s
	`)
}
