package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var forever = Policy{Watching: true, DrainForever: true}

// What is busy is waited for; what nobody uses is not.
func TestStoryDrainForever(t *testing.T) {
	s := swapped(t, forever).after(24*time.Hour).on(Drained{Gen: 1}).after(3*time.Second).end(1, killed)
	s.want(`
		86400.000 1 drained
			signal 1
			arm 1 kill 3s
		86403.000 1 expired kill
			kill 1
			arm 1 kill 1s
		86403.000 1 ended: signal killed, 0 left
		86403.000 1 gone
			! 1 drained in 24h0m3s, busy false, killed true
			forget 1
	`)
}

// Clients that never leave do not make generations pile up: the oldest has to end.
func TestStoryTooManyDrain(t *testing.T) {
	s := serving(t, forever)
	for gen := GenID(2); gen < maxDraining+2; gen++ {
		s.on(save("a")).boot(gen, portA)
	}
	s.quiet().on(save("a")).boot(maxDraining+2, portA).on(Drained{Gen: 1}).after(3*time.Second).end(1, killed).want(`
		0.000 batch a
			start 34 change a
			arm 34 ready 1m0s
		0.000 34 started
		0.000 34 listens 127.0.0.1:4000
			cutover 34
			drain 33
			! 1 is the oldest of more than 32 that drain
			signal 1
			! 34 serves [4000] for change after 0s by listen, replaces 33, unserved []
			arm 1 kill 3s
		0.000 1 drained
		3.000 1 expired kill
			kill 1
			arm 1 kill 1s
		3.000 1 ended: signal killed, 0 left
		3.000 1 gone
			! 1 drained in 3s, busy false, killed true
			forget 1
	`)
}

// Where connections cannot be watched, what a wrapper leaves behind at its end may still serve.
func TestStoryDrainForeverUnwatched(t *testing.T) {
	s := swapped(t, forever).on(Drained{Gen: 1, Unwatched: true}, Exited{1, report.Exit{}, 1}).after(time.Hour).on(Gone{Gen: 1})
	s.want(`
		0.000 1 drained
			signal 1
		0.000 1 ended: exit 0, 1 left
		3600.000 1 gone
			! 1 drained in 1h0m0s, busy false, killed false
			forget 1
	`)
}

// A server that ends when its streams have ended is not waited for when nobody waits for the streams.
func TestStoryStreamsAtTheEnd(t *testing.T) {
	serving(t, dev).on(Command{Do: Stop}, Drained{Gen: 1}).after(time.Second).on(Drained{Gen: 1, Streams: true}).after(3*time.Second).quiet().end(1, killed).want(`
		4.000 1 ended: signal killed, 0 left
		4.000 1 gone
			! 1 drained in 4s, busy false, killed true
			forget 1
			done 0
	`)
}

var brittle = Policy{Watching: true, ExitOnCrash: true}

func TestStoryExitOnCrash(t *testing.T) {
	serving(t, brittle).end(1, report.Exit{Code: 7}).phase(report.PhaseStopped).want(`
		0.000 1 ended: exit 7, 0 left
			! 1 crashed: exit 7, 0 left; done
		0.000 1 gone
			forget 1
			done 7
	`)
	// Others drain first; a boot is not waited for.
	s := swapped(t, brittle).on(save("b"), Started{Gen: 3, PID: 103}).quiet()
	s.end(2, killed).on(Drained{Gen: 1}).end(1, report.Exit{}).end(3, report.Exit{Signal: 15}).want(`
		0.000 2 ended: signal killed, 0 left
			! 2 crashed: signal killed, 0 left; done
			drain 3 unrelieved
			! stopping, 2 alive, now false
			arm 3 stop 3s
			arm 3 kill 6s
		0.000 2 gone
			forget 2
		0.000 1 drained
			signal 1
		0.000 1 ended: exit 0, 0 left
		0.000 1 gone
			! 1 drained in 0s, busy false, killed false
			forget 1
		0.000 3 ended: signal terminated, 0 left
		0.000 3 gone
			forget 3
			done 137
	`)
}

// A boot that fails beside one that serves is no reason.
func TestStoryExitOnCrashFailedBoot(t *testing.T) {
	newStory(t, brittle).on(begin, Started{Gen: 1, PID: 101}).end(1, report.Exit{Code: 5}).phase(report.PhaseStopped).want(`
		0.000 begin
			start 1 first
			arm 1 ready 1m0s
		0.000 1 started
			arm 1 lived 1s
		0.000 1 ended: exit 5, 0 left
			! 1 failed: exited; done
		0.000 1 gone
			forget 1
			done 5
	`)
	serving(t, brittle).on(save("a"), Started{Gen: 2, PID: 102}).quiet().end(2, crash).phase(report.PhaseServing).want(`
		0.000 2 ended: exit 1, 0 left
			! 2 failed: exited; keeps 0s 1
		0.000 2 gone
			forget 2
	`)
	p := brittle
	p.Strategy = StopFirst
	serving(t, p).on(save("a"), Drained{Gen: 1}).end(1, report.Exit{}).on(Started{Gen: 2, PID: 102}).quiet().end(2, crash).phase(report.PhaseStopped).want(`
		0.000 2 ended: exit 1, 0 left
			! 2 failed: exited; done
		0.000 2 gone
			forget 2
			done 1
	`)
}
