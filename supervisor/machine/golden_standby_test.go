package machine

import (
	"errors"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
)

var (
	warm      = Policy{Watching: true, Warm: true}
	errNoGood = errors.New("no good")
)

// waits is a story in which generation 1 serves and the next one waits.
func waits(t *testing.T, p Policy) *story {
	t.Helper()
	return serving(t, p).after(time.Second).on(standby.Waits{Gen: 2}).quiet()
}

// A save that does not boot costs the standby. The next one is made beside the
// generation that serves on.
func TestStoryStandbyAfterAFailedBoot(t *testing.T) {
	s := waits(t, warm).on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}).end(2, crash).after(time.Second).want(`
		1.000 batch a.ts
			adopt 2 change a.ts
			resume 2
		1.000 2 ended: exit 1, 0 left
			! 2 failed: exited; keeps 0s 1
			start standby 3 after 1
	`)
	// If boots from a standby fail twice, something has to serve first.
	s.on(standby.Waits{Gen: 3}, save("a.ts"), Started{Gen: 3, PID: 103, Standby: true}).end(3, crash).quiet().after(time.Minute).want("")
	s.on(save("a.ts")).quiet().boot(4, portA).after(time.Second).want(`
		62.000 4 listens 127.0.0.1:4000
			cutover 4
			drain 1
			! 4 serves [4000] for change after 0s by listen, replaces 1, unserved []
			start standby 5 after 4
			arm 0 standby 300ms
		62.300 0 expired standby
			inspect 4
	`)
}

// A restart after a crash takes it, too, and while nothing serves more can be
// made: of a program that crashes on and on, in the pauses.
func TestStoryStandbyAfterACrash(t *testing.T) {
	p := warm
	p.Strategy = StopFirst
	s := waits(t, p).end(1, crash).on(Started{Gen: 2, PID: 102, Standby: true}).want(`
		1.000 1 ended: exit 1, 0 left
			! 1 crashed: exit 1, 0 left; restart
		1.000 1 gone
			adopt 2 crash
			resume 2
	`)
	s.boot(2, portA).after(time.Second).on(standby.Waits{Gen: 3}).end(2, crash).after(250*time.Millisecond).boot(3).quiet().end(3, crash).after(400 * time.Millisecond).want(`
		2.250 3 ended: exit 1, 0 left
			! 3 failed: exited; restart 500ms
			start standby 4 after 0
			arm 0 restart 500ms
	`)
}

// One that is of no use is made once more, and then no more. That a generation adopts one before it waits shows
// nothing.
func TestStoryStandbyFails(t *testing.T) {
	s := serving(t, warm).after(time.Second).quiet().on(standby.Ended{Gen: 2, Why: standby.Failed, Err: errNoGood}).after(time.Second).want(`
		1.000 2 standby ended: failed no good
			! no standby for 2: no good, failed true, again true
			start standby 2 after 1
	`)
	s.on(save("a.ts")).boot(2, portA).quiet().on(standby.Ended{Gen: 3, Why: standby.Failed, Err: errNoGood}).want(`
		2.000 3 standby ended: failed no good
			! no standby for 3: no good, failed true, again false
	`)
	s.on(save("a.ts")).boot(3, portA).end(1, killed).end(2, killed).quiet().after(time.Minute).want(``)
}
