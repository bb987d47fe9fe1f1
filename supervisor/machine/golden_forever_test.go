package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var forever = Policy{Watching: true, DrainForever: true}

// Clients that never leave do not make generations pile up: the oldest has to end.
func TestStoryTooManyDrain(t *testing.T) {
	s := serving(t, forever)
	for gen := GenID(2); gen < maxDraining+2; gen++ {
		s.on(save("a")).boot(gen, portA)
	}
	s.quiet().on(save("a")).boot(maxDraining+2, portA).on(Drained{Gen: 1}).after(3*time.Second).end(1, killed).want(`
		0.000 batch a
			start 34 change a
		0.000 34 listens 127.0.0.1:4000
			cutover 34
			drain 33
			signal 1
			! 34 serves [4000] for change after 0s by listen, replaces 33, unserved []
			arm 1 kill 3s
			no stop for 33
			no kill for 33
		3.000 1 expired kill
			kill 1
			arm 1 kill 1s
		3.000 1 gone
			! 1 drained in 3s, busy true, killed true, cut by limit
	`)
}

// A server that ends when its streams have ended is not waited for when nobody waits for the streams.
func TestStoryStreamsAtTheEnd(t *testing.T) {
	streams := Observed{Gen: 1, Report: report.DrainReport{Busy: 1, Streams: 1}}
	serving(t, dev).on(Command{Do: Stop, Hurry: true}, Drained{Gen: 1}, streams).after(4*time.Second).quiet().end(1,
		killed).want(`
		4.000 1 gone
			! 1 drained in 4s, busy true, killed true, cut by stop
			done 0
	`)
}

// Crashes in a row end hotswap; those that a minute of service or a change parts do not.
func TestStoryMaxCrashesInARow(t *testing.T) {
	s := serving(t, Policy{Watching: true, MaxCrashes: 3}).end(1, crash).boot(2, portA).end(2, crash)
	s.after(time.Second).boot(3, portA).after(policy.Healthy).end(3, crash).boot(4, portA).end(4, crash)
	s.on(save("a")).boot(5, portA).end(5, crash).boot(6, portA).end(6, crash).after(time.Second).on(
		Started{Gen: 7, PID: 107}).quiet()
	s.end(7, report.Exit{Code: 9}).phase(report.PhaseStopped).want(`
		62.000 7 ended: exit 9, 0 left
			! 7 failed: exited; done, 3 crashes
		62.000 7 gone
			done 9
	`)
}

// A wrapper that ends, and later the server below it, are one crash.
func TestStoryMaxCrashesCountsAWrapperOnce(t *testing.T) {
	serving(t, Policy{Watching: true, MaxCrashes: 2}).on(Exited{Gen: 1, Exit: crash, Left: 1}).quiet().
		on(Gone{Gen: 1}).boot(2, portA).phase(report.PhaseServing).want(`
		0.000 1 gone
			! 1 crashed: exit 1, 0 left; start
		0.000 2 listens 127.0.0.1:4000
			cutover 2
			! 2 serves [4000] for crash after 0s by listen, replaces 0, unserved []
			arm 0 healthy 1m0s
	`)
}
