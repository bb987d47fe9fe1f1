package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The program ends as told, and what it leaves ignores the signal: nothing is gained by the whole time.
func TestStoryStrayThatIgnoresTheSignal(t *testing.T) {
	s := swapped(t, dev).on(Drained{Gen: 1}).quiet().on(Exited{1, report.Exit{Deaf: true}, 1, ""}).after(3 * time.Second)
	s.want(`
		0.000 1 ended: exit 0, 1 left
			arm 1 kill 3s
		3.000 1 expired kill
			kill 1
			arm 1 kill 1s
	`)
}

// A wrapper ends first, as told: what it leaves has the whole time, and hears the signal again before the end, in case it
// has not.
func TestStoryWrapperEndsFirst(t *testing.T) {
	s := swapped(t, dev).on(Drained{Gen: 1}).quiet().on(Exited{1, report.Exit{}, 1, ""}).after(10 * time.Second)
	s.want(`
		7.000 1 expired stop
			signal 1
		10.000 1 expired kill
			kill 1
			arm 1 kill 1s
	`)
}
