package proc

import (
	"slices"
	"time"
)

const (
	// killAgain is the interval while processes come and go.
	killAgain = 5 * time.Millisecond

	// KillLater is the longest interval, for processes that hang in the kernel or under a tracer.
	KillLater = time.Second
)

// killAll kills every process of a tree. It repeats until none is left, and none is closed, because they may
// fork; at growing intervals while it finds the same processes.
func killAll(tree func() []int, kill func(pid int), none <-chan struct{}) {
	var before []int
	for pause := killAgain; ; {
		now := tree()
		for _, pid := range now {
			kill(pid)
		}
		slices.Sort(now)
		if slices.Equal(now, before) {
			pause = min(2*pause, KillLater)
		} else {
			pause = killAgain
		}
		before = now
		select {
		case <-time.After(pause):
		case <-none:
			return
		}
	}
}
