package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// renewing is a story whose first generation goes on from another hotswap's.
func renewing(t *testing.T) *story {
	t.Helper()
	s := newStory(t, dev)
	s.m = New(dev, Past{Last: 7, Serves: []handoff.Endpoint{portA, portB}})
	return s.on(begin)
}

// A rollback gives a boot up, which had a number; the hotswap that
// upgrades this one gets the number after it. What crashes meanwhile starts again
// when the upgrade has failed, and has a number of its own.
func TestStoryNumbersAreGivenOnce(t *testing.T) {
	s := serving(t, Policy{Watching: true, Probation: time.Minute}).on(save("a")).boot(2, portA).on(save("b"), Started{Gen: 3, PID: 103})
	s.on(Command{Do: Rollback, Token: 1}).end(3, killed).end(2, killed).quiet()
	s.on(Freeze{Token: 2}).end(1, crash).on(Thaw{}).want(`
		0.000 freeze
			reply 2: number 4
		0.000 1 ended: exit 1, 0 left
			! 1 crashed: exit 1, 0 left; restart
		0.000 thaw
			start 5 crash
	`)
}

// The generation of another hotswap has the new connections of what serves, so a quiet moment is the end of its drain, and
// nobody hears that this hotswap stops.
func TestStoryAnotherHotswapSucceeds(t *testing.T) {
	s := serving(t, Policy{Watching: true, Probation: time.Minute}).on(save("a")).boot(2, portA).quiet()
	s.on(Freeze{Token: 2}, Release{}, Drained{Gen: 2}).end(2, killed).end(1, killed).want(`
		0.000 freeze
			reply 2: number 3
		0.000 release
			drain 2
			drain 1
		0.000 2 drained
			signal 2
		0.000 2 gone
			! 2 drained in 0s, busy false, killed false
		0.000 1 gone
			! 1 drained in 0s, busy true, killed false
			done 0
	`)
}

// The child took over in the delay of a stop: new connections are the child's, so the delay is over.
func TestStoryAnotherHotswapSucceedsInTheDelayOfAStop(t *testing.T) {
	s := serving(t, Policy{Watching: true}).quiet()
	s.on(Freeze{Token: 2}, Command{Do: Stop, Token: 3, Delay: time.Minute}, Release{}).end(1, killed).want(`
		0.000 freeze
			reply 2: number 2
		0.000 command stop
			! stopping in 1m0s, 1 alive
			arm 0 stop 1m0s
		0.000 release
			drain 1
		0.000 1 gone
			! 1 drained in 0s, busy true, killed false
			reply 3: stopped 0
			done 0
	`)
}

func TestStoryAnAddressOfTheParentIsLeft(t *testing.T) {
	s := renewing(t).boot(8, portA).after(2 * time.Second)
	s.want(`
		0.000 begin
			start 8 first
		0.000 8 listens 127.0.0.1:4000
			arm 8 settle 1.5s
		1.500 8 expired settle
			cutover 8
			! 8 serves [4000] for first after 1.5s by settle, replaces 0, unserved [4001]
	`).phase(report.PhaseServing)
}

// The swaps of the parent count, and so does the upgrade itself.
func TestStatusGoesOnFromTheParents(t *testing.T) {
	s := newStory(t, dev)
	s.m = New(dev, Past{Last: 7, Serves: []handoff.Endpoint{portA}, Swaps: 4, FailedSwaps: 2})
	s.on(begin).boot(8, portA)
	if st := s.m.Status(); st.Swaps != 5 || st.FailedSwaps != 2 {
		t.Errorf("%d swaps, %d failed", st.Swaps, st.FailedSwaps)
	}
}
