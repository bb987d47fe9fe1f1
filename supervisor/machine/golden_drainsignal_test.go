package machine

import (
	"testing"
	"time"
)

// A generation that is held gets no signal, because it may have to serve again; one that drains gets the
// signal before the stop signal.
func TestStoryDrainSignal(t *testing.T) {
	p := trial
	p.DrainSignal = true
	onProbation(t, p).after(2 * time.Second).after(time.Second).on(Drained{Gen: 1}).want(`
		2.300 1 expired hold
			drain 1 by a signal
			arm 1 stop 7s
			arm 1 kill 10s
		3.300 1 drained
			signal 1
	`)
}
