package machine

import (
	"testing"
	"time"
)

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
