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

// At the end the serving generation gets the signal, too, and a boot does not.
func TestStoryDrainSignalAtTheEnd(t *testing.T) {
	serving(t, Policy{DrainSignal: true, Watching: true}).on(save("a.ts")).on(Started{Gen: 2, PID: 2}).quiet().on(Command{Do: Stop}).want(`
		0.000 command stop
			drain 1 unrelieved by a signal
			signal 2
			! stopping, 2 alive, now false
			arm 1 stop 7s
			arm 1 kill 10s
			arm 2 kill 3s
	`)
}
