package machine

import (
	"errors"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// learns is a story in which generation 1 serves, and a rehearsal is under way.
func learns(t *testing.T) *story {
	t.Helper()
	s := newStory(t, warm)
	s.learns = true
	return s.on(begin).boot(1, portA).after(700 * time.Millisecond).quiet()
}

// While there is more to learn, one rehearsal follows the other, and then the standby.
func TestStoryRehearsals(t *testing.T) {
	s := newStory(t, warm)
	s.learns = true
	s.on(begin).boot(1, portA).quiet().after(time.Second).on(standby.Rehearsed{Why: standby.Failed, Learn: true}).after(time.Second).on(standby.Rehearsed{Why: standby.Failed}, standby.Waits{Gen: 2}).after(time.Hour).want(`
		0.300 0 expired standby
			inspect 1
		0.300 1 inspected, to rehearse
			rehearse after 1
		1.000 rehearsed: failed, again true
			! rehearsed in 700ms, again true
			rehearse after 1
		2.000 rehearsed: failed, again false
			! rehearsed in 1s, again false
			start standby 2 after 1
		2.000 2 standby ready
			! 2 waits after 0s
	`)
}

// A rehearsal goes on beside swaps, which are cold meanwhile. The next standby is for the
// generation after them, and no number is left out.
func TestStorySavesDuringARehearsal(t *testing.T) {
	s := learns(t)
	s.learns = false
	s.on(save("a.ts"), standby.Waits{Gen: 2}).boot(2, portA).after(time.Second).on(standby.Rehearsed{Why: standby.Failed}).want(`
		0.700 batch a.ts
			start held 2 change a.ts
		0.700 2 standby ready
			resume 2
		0.700 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for change after 0s by listen, replaces 1, unserved []
			arm 0 standby 300ms
		1.000 0 expired standby
			inspect 2
		1.700 rehearsed: failed, again false
			! rehearsed in 1.4s, again false
			start standby 3 after 2
	`)
}

// What serves later may have more to show, while the standby waits that is known by now.
func TestStoryRehearsalBesideAStandby(t *testing.T) {
	s := waits(t, warm)
	s.learns = true
	s.on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}, Listening{Gen: 2, Endpoint: portA}).quiet()
	// The standby boots, so there is no rehearsal beside it.
	s.after(time.Second).on(standby.Waits{Gen: 3}).after(time.Second).on(standby.Rehearsed{Why: standby.Failed}).want(`
		1.300 0 expired standby
			inspect 2
		2.000 3 standby ready
			! 3 waits after 1s
			rehearse after 2
		3.000 rehearsed: failed, again false
			! rehearsed in 1s, again false
	`)
}

// The end of hotswap, and a hand-over, wait for its end.
func TestStoryEndDuringARehearsal(t *testing.T) {
	learns(t).on(Command{Do: HandOver, Token: 7}, standby.Rehearsed{Why: standby.Asked}).after(time.Minute).on(Command{Do: TakeBack, Token: 8}).after(time.Second).want(`
		0.700 command hand over
			stop rehearsal
		0.700 rehearsed: asked, again false
			reply 7: handed over 2
		60.700 command take back
			reply 8: taken back 0
			arm 0 standby 300ms
		61.000 0 expired standby
			rehearse after 1
	`)
	learns(t).on(Command{Do: Stop, Token: 7}, Drained{Gen: 1}).end(1, report.Exit{}).phase(report.PhaseStopping).on(standby.Rehearsed{Why: standby.Asked}).phase(report.PhaseStopped).want(`
		0.700 command stop
			stop rehearsal
			drain 1 unrelieved
			! stopping, 1 alive, now false
		0.700 1 drained
			signal 1
		0.700 1 gone
			! 1 drained in 0s, busy false, killed false
		0.700 rehearsed: asked, again false
			reply 7: stopped 0
			done 0
	`)
}

// Where there is no room for it, there is none for a standby. The next generation is looked at.
func TestStoryRehearsalRefused(t *testing.T) {
	learns(t).on(standby.Rehearsed{Why: standby.Refused, Err: errNoGood}).after(time.Hour).on(save("a.ts")).boot(2, portA).end(1, killed).after(time.Second).on(standby.Rehearsed{Why: standby.Refused, Err: errNoGood}).want(`
		0.700 rehearsed: refused, again false: no good
			! no standby for 2: no good, failed false, again false
		3600.700 batch a.ts
			start 2 change a.ts
		3600.700 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for change after 0s by listen, replaces 1, unserved []
			arm 0 standby 300ms
		3600.700 1 gone
			! 1 drained in 0s, busy true, killed false
		3601.000 0 expired standby
			inspect 2
		3601.000 2 inspected, to rehearse
			rehearse after 2
	`)
}

// If what is known does not hold any more, or it ends before its time, the standby is tried.
func TestStoryRehearsalOfNoUse(t *testing.T) {
	learns(t).on(standby.Rehearsed{Why: standby.Unknown, Err: errUnknown}).after(time.Second).want(`
		0.700 rehearsed: unknown, again false: nothing is known of the program
			arm 0 standby 300ms
		1.000 0 expired standby
			start standby 2 after 1
	`)
	learns(t).on(standby.Rehearsed{Why: standby.Failed, Err: errNoGood}).after(time.Second).want(`
		0.700 rehearsed: failed, again false: no good
			! rehearsed in 400ms, again false: no good
			arm 0 standby 300ms
		1.000 0 expired standby
			start standby 2 after 1
	`)
}

// If there can be no standby any more, a rehearsal is of no use either.
func TestStoryInspectionEndsARehearsal(t *testing.T) {
	s := learns(t)
	s.learns, s.finds = false, errors.New("a shell removes a folder first")
	s.on(save("a.ts"), standby.Waits{Gen: 2}).boot(2, portA).end(1, killed).quiet().after(time.Second).on(standby.Rehearsed{Why: standby.Asked}).after(time.Hour).want(`
		1.000 0 expired standby
			inspect 2
		1.000 2 inspected: a shell removes a folder first
			stop rehearsal
			! no standby for 3: a shell removes a folder first, failed false, again false
	`)
}
