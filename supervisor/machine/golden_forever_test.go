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
	serving(t, dev).on(Command{Do: Stop, Hurry: true}, Drained{Gen: 1}, streams).after(4*time.Second).quiet().end(1, killed).want(`
		4.000 1 gone
			! 1 drained in 4s, busy true, killed true, cut by stop
			done 0
	`)
}

var brittle = Policy{Watching: true, MaxCrashes: 1}

func TestStoryMaxCrashes(t *testing.T) {
	serving(t, brittle).end(1, report.Exit{Code: 7}).phase(report.PhaseStopped).want(`
		0.000 1 ended: exit 7, 0 left
			! 1 crashed: exit 7, 0 left; done
		0.000 1 gone
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
		0.000 1 drained
			signal 1
		0.000 1 gone
			! 1 drained in 0s, busy false, killed false
		0.000 3 gone
			done 137
	`)
}

// Crashes in a row end hotswap; those that a minute of service or a change parts do not.
func TestStoryMaxCrashesInARow(t *testing.T) {
	s := serving(t, Policy{Watching: true, MaxCrashes: 3}).end(1, crash).boot(2, portA).end(2, crash)
	s.after(time.Second).boot(3, portA).after(policy.Healthy).end(3, crash).boot(4, portA).end(4, crash)
	s.on(save("a")).boot(5, portA).end(5, crash).boot(6, portA).end(6, crash).after(time.Second).on(Started{Gen: 7, PID: 107}).quiet()
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

// The fifth crash in a row begins a crash loop, of which the status tells until a change, or until the program has served
// for a minute. The restarts are no swaps.
func TestStoryCrashLoop(t *testing.T) {
	s := serving(t, dev).end(1, crash)
	loop := func(want int, next bool) {
		t.Helper()
		switch l := s.m.Status().CrashLoop; {
		case (l != nil) != (want > 0):
			t.Errorf("crash loop %+v, want %d crashes", l, want)
		case want > 0 && (l.Crashes != want || (l.Next != nil) != next || next && !l.Next.Equal(s.m.NextDeadline())):
			t.Errorf("crash loop %+v, want %d crashes, a next try later %v", l, want, next)
		}
	}
	for gen := GenID(2); gen < 5; gen++ {
		s.boot(gen, portA).end(gen, crash).after(time.Second)
	}
	loop(0, false)
	s.quiet().on(Started{Gen: 5, PID: 105}, Exited{5, crash, 0, ""}, Gone{5}).phase(report.PhaseRestarting)
	loop(5, true)
	s.after(2 * time.Second)
	loop(5, false)
	s.boot(6, portA)
	loop(5, false)
	s.end(6, crash)
	loop(6, true)
	s.want(`
		3.000 5 ended: exit 1, 0 left
			! 5 failed: exited; restart 2s, 5 crashes
			arm 0 restart 2s
		5.000 0 expired restart
			start 6 crash
		5.000 6 listens 127.0.0.1:4000
			cutover 6
			! 6 serves [4000] for crash after 0s by listen, replaces 0, unserved []
			arm 0 healthy 1m0s
		5.000 6 ended: exit 1, 0 left
			! 6 crashed: exit 1, 0 left; restart 4s, 6 crashes
			arm 0 restart 4s
	`)
	if st := s.m.Status(); st.Swaps != 0 || st.FailedSwaps != 0 {
		t.Errorf("%d swaps, %d failed", st.Swaps, st.FailedSwaps)
	}
	s.after(4*time.Second).boot(7, portA).after(policy.Healthy - 1)
	loop(6, false)
	s.after(1)
	loop(0, false)
	for gen := GenID(7); gen < 12; gen++ {
		s.end(gen, crash).after(5*time.Second).boot(gen+1, portA)
	}
	loop(5, false)
	s.on(save("a"))
	loop(0, false)
	if s.boot(13, portA); s.m.Status().Swaps != 1 {
		t.Errorf("%d swaps", s.m.Status().Swaps)
	}
}
