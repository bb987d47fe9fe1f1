package proc

import (
	"slices"
	"sync"
	"time"
)

const (
	// killAgain is the interval while processes come and go.
	killAgain = 5 * time.Millisecond

	// KillLater is the longest interval, for processes that hang in the kernel or under a tracer.
	KillLater = time.Second
)

// killer kills every process of a tree. It repeats until none is left, because they may
// fork; at growing intervals while it finds the same processes.
type killer struct {
	once sync.Once
	tree func() []int
	kill func(pid int)
	none <-chan struct{} // closed when no process is left
}

func (k *killer) start() { k.once.Do(func() { go k.run() }) }

func (k *killer) run() {
	var before []int
	for pause := killAgain; ; {
		now := k.tree()
		for _, pid := range now {
			k.kill(pid)
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
		case <-k.none:
			return
		}
	}
}
