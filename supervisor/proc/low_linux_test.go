package proc

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Other programs come before one that is low, and all below.
func TestLow(t *testing.T) {
	own := 20 - testkit.Must(unix.Getpriority(unix.PRIO_PROCESS, 0))(t) // perhaps of nice(1)
	for _, nice := range []int{own, max(low, own)} {
		c := start(t, func(s *Spec) { s.Low = nice > own }, "tree")
		for _, pid := range c.ready("catch", "ignore-term", "wait") {
			// getpriority(2): the call returns 20 less
			if is, err := unix.Getpriority(unix.PRIO_PROCESS, pid); err != nil || 20-is != nice {
				t.Errorf("process %d has %d, want %d, %v", pid, 20-is, nice, err)
			}
		}
	}
}
