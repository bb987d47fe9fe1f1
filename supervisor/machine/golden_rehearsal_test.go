package machine

import (
	"errors"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// learns is a story in which generation 1 serves, the next one waits, and a rehearsal is under way.
func learns(t *testing.T) *story {
	t.Helper()
	s := newStory(t, warm)
	s.learns = true
	return s.on(begin).boot(1, portA).after(500 * time.Millisecond).on(standby.Waits{Gen: 2}).after(time.Second).quiet()
}

// The standby comes first. While there is more to learn, one rehearsal follows the other beside it. Then, when it
// has been calm, a standby that loads what was learnt takes the place of the first.
func TestStoryRehearsals(t *testing.T) {
	s := newStory(t, warm)
	s.learns = true
	s.on(begin).boot(1, portA).quiet().after(time.Second).on(standby.Waits{Gen: 2}).after(2*time.Second).on(standby.Rehearsed{Why: standby.Failed, Learn: true}).after(time.Second).
		on(standby.Rehearsed{Why: standby.Failed}).after(time.Minute).on(standby.Ended{Gen: 2, Why: standby.Asked, Err: errNoGood}, standby.Waits{Gen: 2}).after(time.Hour).want(`
		0.300 0 expired standby
			inspect 1
		0.300 1 inspected, to rehearse
			start standby 2 after 1
			rehearse after 1
		1.000 2 standby ready
			! 2 waits after 700ms
		3.000 rehearsed: failed, again true
			! rehearsed in 2.7s, again true
			rehearse after 1
		4.000 rehearsed: failed, again false
			! rehearsed in 1s, again false
			arm 0 standby 100ms
		4.100 0 expired standby
			stop standby 2, now false
		64.000 2 standby ended: asked no good
			start standby 2 after 1
		64.000 2 standby ready
			! 2 waits after 0s
	`)
}

// A rehearsal goes on beside swaps and the boots of standbys, which are as if there were none. So a save does not wait,
// and adopts the standby that waits. Each standby loads what is known when it begins.
func TestStorySavesDuringARehearsal(t *testing.T) {
	s := learns(t)
	s.learns = false
	s.on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}).boot(2, portA).after(time.Second).on(standby.Waits{Gen: 3}, save("b.ts"), Started{Gen: 3, PID: 103, Standby: true}).boot(3, portA).
		end(1, killed).end(2, killed).on(standby.Rehearsed{Why: standby.Failed}).after(time.Second).on(standby.Waits{Gen: 4}).want(`
		1.500 batch a.ts
			adopt 2 change a.ts
			resume 2
		1.500 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for change after 0s by listen, replaces 1, unserved []
			start standby 3 after 2
			arm 0 standby 300ms
		1.800 0 expired standby
			inspect 2
		2.500 3 standby ready
			! 3 waits after 1s
		2.500 batch b.ts
			adopt 3 change b.ts
			resume 3
		2.500 3 listens 127.0.0.1:4000
			cutover 3
			drain 2
			! 3 serves [4000] for change after 0s by listen, replaces 2, unserved []
			start standby 4 after 3
			arm 0 standby 300ms
		2.500 1 gone
			! 1 drained in 1s, busy true, killed false
		2.500 2 gone
			! 2 drained in 0s, busy true, killed false
		2.500 rehearsed: failed, again false
			! rehearsed in 2.2s, again false
		2.800 0 expired standby
			inspect 3
		3.500 4 standby ready
			! 4 waits after 1s
			arm 0 standby 100ms
	`)
}

// A save before the better standby ends the wait for it: the next one is better already.
func TestStorySaveBeforeTheBetterStandby(t *testing.T) {
	s := learns(t)
	s.learns = false
	s.on(standby.Rehearsed{Why: standby.Failed}).after(50*time.Millisecond).on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}, Listening{Gen: 2, Endpoint: portA}).end(1, killed).after(time.Second).on(standby.Waits{Gen: 3}).after(time.Hour).want(`
		1.500 rehearsed: failed, again false
			! rehearsed in 1.2s, again false
			arm 0 standby 100ms
		1.550 batch a.ts
			adopt 2 change a.ts
			resume 2
		1.550 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for change after 0s by listen, replaces 1, unserved []
			start standby 3 after 2
			arm 0 standby 300ms
		1.550 1 gone
			! 1 drained in 0s, busy true, killed false
		1.850 0 expired standby
			inspect 2
		2.550 3 standby ready
			! 3 waits after 1s
	`)
}

// A rehearsal begins beside a standby that boots, but not before the generation that serves was inspected.
func TestStoryRehearsalBesideAStandby(t *testing.T) {
	s := waits(t, warm)
	s.learns = true
	s.on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}, Listening{Gen: 2, Endpoint: portA}).end(1, killed).quiet()
	s.after(time.Second).on(standby.Waits{Gen: 3}).after(time.Minute).on(standby.Rehearsed{Why: standby.Failed, Err: errNoGood}).after(time.Hour).want(`
		1.300 0 expired standby
			inspect 2
		1.300 2 inspected, to rehearse
			rehearse after 2
		2.000 3 standby ready
			! 3 waits after 1s
		62.000 rehearsed: failed, again false: no good
			! rehearsed in 1m0.7s, again false: no good
	`)
}

// The end of hotswap, and a hand-over, wait for its end.
func TestStoryEndDuringARehearsal(t *testing.T) {
	gone := standby.Ended{Gen: 2, Why: standby.Asked}
	learns(t).on(Freeze{Token: 7}, gone, standby.Rehearsed{Why: standby.Asked}).after(time.Minute).on(Thaw{}, standby.Waits{Gen: 3}).after(time.Second).want(`
		1.500 freeze
			stop standby 2, now false
			stop rehearsal
		1.500 rehearsed: asked, again false
			reply 7: number 2
		61.500 thaw
			start standby 3 after 1
		61.500 3 standby ready
			! 3 waits after 0s
			arm 0 standby 300ms
		61.800 0 expired standby
			rehearse after 1
	`)
	learns(t).on(Command{Do: Stop, Token: 7}, gone, Drained{Gen: 1}).end(1, report.Exit{}).phase(report.PhaseStopping).on(standby.Rehearsed{Why: standby.Asked}).phase(report.PhaseStopped).want(`
		1.500 command stop
			stop standby 2, now false
			stop rehearsal
			drain 1 unrelieved
			! stopping, 1 alive, now false
		1.500 1 drained
			signal 1
		1.500 1 gone
			! 1 drained in 0s, busy false, killed false
		1.500 rehearsed: asked, again false
			reply 7: stopped 0
			done 0
	`)
}

// If a rehearsal is not possible, or ends before its time, the standby goes on waiting. The next generation is
// looked at again.
func TestStoryRehearsalOfNoUse(t *testing.T) {
	for _, why := range []standby.Why{standby.Refused, standby.Failed, standby.Unknown} {
		s := learns(t).on(standby.Rehearsed{Why: why, Err: errNoGood}).after(time.Hour)
		if st := s.m.Status().Standby; st == nil || st.State != report.StandbyWaiting {
			t.Errorf("%s: standby %+v", why, st)
		}
		s.on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}, Listening{Gen: 2, Endpoint: portA}).end(1, killed).after(time.Second).quiet().on(standby.Waits{Gen: 3}).after(time.Second).want(`
		3602.500 3 standby ready
			! 3 waits after 1s
			arm 0 standby 300ms
		3602.800 0 expired standby
			rehearse after 2
	`)
	}
}

// If there can be no standby any more, a rehearsal is of no use either.
func TestStoryInspectionEndsARehearsal(t *testing.T) {
	s := learns(t)
	s.learns, s.finds = false, errors.New("a shell removes a folder first")
	s.on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}).boot(2, portA).end(1, killed).quiet().after(time.Second).on(standby.Rehearsed{Why: standby.Asked}, standby.Ended{Gen: 3, Why: standby.Asked}).after(time.Hour).want(`
		1.800 0 expired standby
			inspect 2
		1.800 2 inspected: a shell removes a folder first
			stop standby 3, now false
			stop rehearsal
			! no standby for 3: a shell removes a folder first, failed false, again false
	`)
}
