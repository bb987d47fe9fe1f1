package machine

import (
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
			arm 0 standby 300ms
		4.300 0 expired standby
			stop standby 2, now false
		64.000 2 standby ended: asked no good
			start standby 2 after 1
		64.000 2 standby ready
			! 2 waits after 0s
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
