package proc

import (
	"slices"
	"sync"
	"time"
)

const (
	// killAgain is the pause between two looks while processes come and go.
	killAgain = 5 * time.Millisecond

	// killLater is the longest pause. A process that hangs in the kernel, or that a
	// tracer keeps, dies when it can: looking more often does not help.
	killLater = time.Second
)

// killer ends every process of a tree. They may fork meanwhile, so it looks again
// until none is left; more slowly for as long as it finds the same ones.
type killer struct {
	once sync.Once
	tree func() []int
	kill func(pid int)
	none <-chan struct{} // closed when no process is left
}

// start begins to kill, unless it has begun: however often a kill is ordered, one
// goroutine looks.
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
			pause = min(2*pause, killLater)
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
