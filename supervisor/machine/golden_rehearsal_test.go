package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
)

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
