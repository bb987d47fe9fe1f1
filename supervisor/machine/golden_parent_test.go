package machine

import (
	"testing"
	"time"
)

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
