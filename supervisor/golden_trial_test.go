package supervisor

import (
	"testing"
	"time"
)

// tries is a story in which generation 1 serves, and the first standby is on trial.
func tries(t *testing.T) *story {
	t.Helper()
	return serving(t, warm).after(400 * time.Millisecond).on(evStandbyBegun{gen: 2, trial: true}).quiet()
}

// Saves that come faster than a trial boots pass it over. When it waits it has done its work,
// and ends; the next standby is none, so that a save may take it while it boots.
func TestStoryTrialIsPassedOver(t *testing.T) {
	tries(t).on(save("a.ts"), evStarted{gen: 3, pid: 103}).after(time.Second).on(save("b.ts")).end(3, Exit{}).boot(4, portA).
		after(time.Second).on(evStandbyReady{gen: 2}, evStandbyEnded{gen: 2, why: standbyAsked}, evStandbyBegun{gen: 5}, save("c.ts")).want(`
		0.400 batch a.ts
			start 3 change a.ts
			pass standby 2
			! 3 starts cold: the standby still tests what it loads
			arm 0 depth 1m0s
			arm 3 ready 1m0s
		0.400 3 started
		1.400 batch b.ts
			signal 3
			! 3 failed: superseded; start
			start 4 change a.ts b.ts
			pass standby 2
			! 4 starts cold: the standby still tests what it loads
			arm 0 depth 1m0s
			arm 3 kill 1s
			arm 4 ready 1m0s
		1.400 3 ended: exit 0, 0 left
		1.400 3 gone
			forget 3
		1.400 4 started
		1.400 4 listens 127.0.0.1:4000
			cutover 4
			drain 1
			! 4 serves [4000] for change after 0s by listen, replaces 1, unserved []
			arm 0 standby 300ms
			arm 1 stop 7s
			arm 1 kill 10s
		1.700 0 expired standby
			inspect 4
		1.700 4 inspected
		2.400 2 standby ready
			stop standby 2, now false
			start standby 5 after 4
		2.400 2 standby ended: asked <nil>
		2.400 5 standby begun
		2.400 batch c.ts
			adopt 5 change c.ts
			arm 0 depth 1m0s
			arm 5 ready 1m0s
	`)
}

// A trial that comes to wait in time is a standby as any other.
func TestStoryTrialIsTaken(t *testing.T) {
	tries(t).on(evStandbyReady{gen: 2}, save("a.ts")).want(`
		0.400 2 standby ready
			! 2 waits after 100ms
		0.400 batch a.ts
			adopt 2 change a.ts
			resume 2
			arm 2 ready 1m0s
	`)
}

// What a trial finds out counts also if it was passed over: it may fail, or its plan may be
// outdated. Nothing of it outlives hotswap.
func TestStoryTrialOfNoUse(t *testing.T) {
	s := tries(t).on(save("a.ts")).boot(3, portA).quiet().on(evStandbyEnded{gen: 2, why: standbyDiscarded, err: errNoGood}).after(time.Second).want(`
		0.400 2 standby ended: discarded no good
			! no standby for 2: no good, failed false, again true, given up false
		0.700 0 expired standby
			inspect 3
			start standby 4 after 3
		0.700 3 inspected
	`)
	s.on(evStandbyBegun{gen: 4, trial: true}, save("b.ts")).boot(5, portA).quiet().on(evStandbyEnded{gen: 4, why: standbyOutdated, err: errNoGood}).want(`
		1.400 4 standby ended: outdated no good
			! no standby for 4: no good, failed false, again true, given up false
			start standby 6 after 5
	`)
	s.on(evStandbyBegun{gen: 6, trial: true}, save("c.ts")).boot(7, portA).quiet().on(evCommand{cmd: cmdHandOver, token: 7}, evStandbyReady{gen: 6}, evStandbyEnded{gen: 6, why: standbyAsked}).want(`
		1.400 command hand over
			stop standby 6, now false
		1.400 6 standby ready
		1.400 6 standby ended: asked <nil>
			reply 7: handed over 8
	`)
	s.on(evCommand{cmd: cmdTakeBack, token: 8}).quiet().on(evStandbyBegun{gen: 9, trial: true}, save("d.ts")).boot(10, portA).quiet().on(evCommand{cmd: cmdStop, token: 9}).want(`
		1.400 command stop
			stop standby 9, now false
			drain 10 unrelieved
			! stopping, 5 alive, now false
			arm 10 stop 7s
			arm 10 kill 10s
	`)
}
