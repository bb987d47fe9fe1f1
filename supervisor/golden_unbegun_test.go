package supervisor

import (
	"testing"
	"time"
)

// A save while a generation has not begun its own code starts nothing: the generation will
// read what is on disk then. A save after that starts another one, which is held, too, since
// there is no standby yet.
func TestStoryUnbegun(t *testing.T) {
	s := serving(t, warm).after(500*time.Millisecond).on(evStandbyBegun{gen: 2}).quiet().on(save("a.ts"), save("b.ts"), evRequest{cause: CauseCommand, token: 7}).want(`
		0.500 batch a.ts
			adopt 2 change a.ts
			arm 0 depth 1m0s
			arm 2 ready 1m0s
		0.500 batch b.ts
			validate 2
		0.500 command reload
			validate 2
	`)
	s.after(time.Second).on(evStandbyReady{gen: 2}, save("c.ts")).want(`
		1.500 2 standby ready
			resume 2
		1.500 batch c.ts
			signal 2
			! 2 failed: superseded; start
			start held 3 change a.ts b.ts c.ts
			arm 0 depth 1m0s
			arm 2 kill 1s
			arm 3 ready 1m0s
	`)
	s.on(failedStart(2, nil), save("d.ts"), evStandbyReady{gen: 3}).quiet().boot(3, portA).want(`
		1.500 3 started
		1.500 3 listens 127.0.0.1:4000
			cutover 3
			drain 1
			! 3 serves [4000] for change after 0s by listen, replaces 1, unserved []
			reply 7: serves 3
			start standby 4 after 3
			arm 0 standby 300ms
			arm 1 stop 7s
			arm 1 kill 10s
	`)
}

// When it turns out that a generation has to start in the usual way, nobody knows when it
// begins its own code. A save supersedes it.
func TestStoryUnbegunStartsPlainly(t *testing.T) {
	serving(t, warm).after(500*time.Millisecond).on(evStandbyBegun{gen: 2}, save("a.ts"), save("package.json")).quiet().on(evCold{gen: 2}, evStandbyReady{gen: 2}, save("b.ts")).want(`
		0.500 2 starts plainly
		0.500 2 standby ready
		0.500 batch b.ts
			signal 2
			! 2 failed: superseded; start
			start held 3 change a.ts package.json b.ts
			arm 2 kill 1s
			arm 3 ready 1m0s
	`)
}

// One that is to end does not begin its own code any more.
func TestStoryUnbegunEnds(t *testing.T) {
	serving(t, warm).after(500*time.Millisecond).on(evStandbyBegun{gen: 2}, save("a.ts")).quiet().on(evCommand{cmd: cmdStop}, evStandbyReady{gen: 2}, failedStart(2, nil)).want(`
		0.500 command stop
			drain 1 unrelieved
			signal 2
			! stopping, 2 alive, now false
			arm 1 stop 7s
			arm 1 kill 10s
			arm 2 kill 3s
		0.500 2 standby ready
		0.500 2 start failed
			forget 2
	`)
}

// Saves that come faster than a standby boots make more of them, one after the other; each
// save takes the oldest. A minute after the last such save one is enough again.
func TestStoryDepth(t *testing.T) {
	s := waits(t, warm)
	gen := GenID(2)
	save := func() {
		t.Helper()
		s.on(evStandbyBegun{gen: gen}, save("a.ts"), evStandbyReady{gen: gen}).boot(gen, portA).end(gen-1, Exit{})
		gen++
	}
	save() // one waits
	save() // one boots
	s.on(evStandbyReady{gen: 4}).quiet().after(time.Second).want(`
		1.300 0 expired standby
			inspect 3
		1.300 3 inspected
	`)
	save() // one waits
	s.quiet()
	save()
	s.on(evStandbyReady{gen: 6}, evStandbyReady{gen: 7}).want(`
		2.000 5 standby begun
		2.000 batch a.ts
			adopt 5 change a.ts
			arm 0 depth 1m0s
			arm 5 ready 1m0s
		2.000 5 standby ready
			resume 5
		2.000 5 started
		2.000 5 listens 127.0.0.1:4000
			cutover 5
			drain 4
			! 5 serves [4000] for change after 0s by listen, replaces 4, unserved []
			start standby 6 after 5
			arm 0 standby 300ms
			arm 4 stop 7s
			arm 4 kill 10s
		2.000 4 ended: exit 0, 0 left
		2.000 4 gone
			! 4 drained in 0s, busy true, killed false
			forget 4
		2.000 6 standby ready
			! 6 waits after 0s
			start standby 7 after 5
		2.000 7 standby ready
			! 7 waits after 0s
	`)
	// One that is lost takes its number with it.
	s.on(evStandbyEnded{gen: 6, why: standbyOutdated, err: errNoGood}).quiet()
	if all := s.m.status().Standbys; len(all) != 2 || all[0].Generation != 7 || all[1].Generation != 8 {
		t.Errorf("standbys %+v", all)
	}
	gen = 7
	s.on(evStandbyReady{gen: 8})
	s.on(evRequest{cause: CauseChange}).boot(7, portA).end(5, Exit{}).on(evStandbyReady{gen: 9}).after(30 * time.Second).quiet()
	s.after(time.Minute).on(evStandbyEnded{gen: 9, why: standbyAsked}).want(`
		62.000 0 expired depth
			stop standby 9, now false
		92.000 9 standby ended: asked <nil>
	`)
}
