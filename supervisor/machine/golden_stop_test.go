package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What changes the strategy is known while the next generation boots beside the old one: it
// begins again when the old one has ended.
func TestStoryStopFirstWhileTheNextBoots(t *testing.T) {
	s := serving(t, dev).on(save("a.ts"), Started{Gen: 2, PID: 102}, Command{Do: OneAtATime}, Drained{Gen: 1})
	s.after(100*time.Millisecond).end(2, report.Exit{Signal: 15}).end(1, report.Exit{Signal: 15}).boot(3, portA)
	s.on(Command{Do: OneAtATime}, save("b.ts"))
	s.want(`
		0.000 batch a.ts
			start 2 change a.ts
		0.000 stop first
			signal 2
			! 2 failed: superseded; start
			drain 1 unrelieved
			arm 2 kill 1s
		0.000 1 drained
			signal 1
		0.100 1 gone
			! 1 drained in 100ms, busy false, killed false
			start 3 change a.ts
		0.100 3 listens 127.0.0.1:4000
			cutover 3
			! 3 serves [4000] for change after 0s by listen, replaces 0, unserved []
		0.100 batch b.ts
			drain 3 unrelieved
	`)
}

// A generation that failed because it was refused what an older one has begins again, alone.
func TestStoryRefused(t *testing.T) {
	terminated := report.Exit{Signal: 15}
	s := serving(t, dev).on(save("a.ts"), Started{Gen: 2, PID: 102}).end(2, crash).quiet()
	s.on(Command{Do: OneAtATime, Gen: 2}, Drained{Gen: 1}).end(1, terminated).boot(3,
		portA).on(Command{Do: OneAtATime, Gen: 3}).want(`
		0.000 stop first
			drain 1 unrelieved
		0.000 1 drained
			signal 1
		0.000 1 gone
			! 1 drained in 0s, busy false, killed false
			start 3 change
		0.000 3 listens 127.0.0.1:4000
			cutover 3
			! 3 serves [4000] for change after 0s by listen, replaces 0, unserved []
	`)

	// In probation, too.
	onProbation(t, trial).on(Exited{Gen: 2, Exit: crash, Left: 1}).quiet().on(Command{Do: OneAtATime, Gen: 2},
		Gone{Gen: 2},
		Drained{Gen: 1}).end(1, terminated).want(`
		0.300 stop first
			drain 1 unrelieved
		0.300 2 gone
			! 2 drained in 0s, busy true, killed false
		0.300 1 drained
			signal 1
		0.300 1 gone
			! 1 drained in 0s, busy false, killed false
			start 3 change
	`)

	// Also if it serves by now, beside the older one.
	p := dev
	p.Probation = 2 * time.Second
	s = serving(t, p).on(save("a.ts")).boot(2, portA).quiet().on(Command{Do: OneAtATime, Gen: 2})
	s.on(Drained{Gen: 1}, Drained{Gen: 2}).end(1, terminated).end(2, terminated).want(`
		0.000 stop first
			drain 1
			drain 2 unrelieved
		0.000 1 drained
			signal 1
		0.000 2 drained
			signal 2
		0.000 1 gone
			! 1 drained in 0s, busy false, killed false
		0.000 2 gone
			! 2 drained in 0s, busy false, killed false
			start 3 change a.ts
	`)

	// Not what people have rolled back from, nor what is not the newest.
	swapped(t, trial).on(Command{Do: Rollback}).quiet().on(Command{Do: OneAtATime, Gen: 2}).want(``)
	serving(t, dev).on(save("a.ts"), Started{Gen: 2, PID: 102}).end(2, crash).quiet().on(Command{Do: OneAtATime,
		Gen: 1}).want(``)
}

// It is known right after the swap: the old generation is not held any longer.
func TestStoryStopFirstInProbation(t *testing.T) {
	p := dev
	p.Probation = 2 * time.Second
	s := swapped(t, p).on(Command{Do: OneAtATime})
	s.want(`
		0.000 stop first
			drain 1
	`).phase(report.PhaseServing)
}

// Where nothing serves, nobody waits for the end of a delay.
func TestStoryStopDelay(t *testing.T) {
	newStory(t, dev).on(begin, Started{Gen: 1, PID: 101}).quiet().on(Command{Do: Stop, Delay: 5 * time.Second}).want(`
		0.000 command stop
			drain 1 unrelieved
			! stopping, 1 alive, now false
			arm 1 stop 3s
			arm 1 kill 6s
	`)
}
