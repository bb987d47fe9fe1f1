package machine

import (
	"testing"
	"time"
)

// A wrapper ends first, as told: what it leaves has the whole time, and hears the signal again before the end, in case
// it has not.
func TestStoryWrapperEndsFirst(t *testing.T) {
	s := swapped(t, dev).on(Drained{Gen: 1}).quiet().on(Exited{Gen: 1, Left: 1}).after(10 * time.Second)
	s.want(`
		7.000 1 expired stop
			signal 1
		10.000 1 expired kill
			kill 1
			arm 1 kill 1s
	`)
}
