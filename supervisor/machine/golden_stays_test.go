package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// saved tells of one more swap.
func (s *story) saved(gen GenID) *story {
	s.t.Helper()
	return s.on(save("a")).boot(gen, portA)
}

// A stream goes on over two saves, and its generation ends with it.
func TestStoryStreamOverTwoSaves(t *testing.T) {
	s := swapped(t, dev).on(Flowing{1, 2}).after(time.Second).saved(3).on(Drained{Gen: 2}).end(2, killed).quiet()
	s.after(7*time.Minute).on(Flowing{1, 1}, Flowing{1, 0}).after(time.Second).on(Drained{Gen: 1}).end(1,
		report.Exit{Signal: 15}).want(`
		7.000 1 expired stop
			! 1 stays for 2 answers after 7s
		421.000 1 has 0 answers that flow
			arm 1 stop 3s
			arm 1 kill 6s
		422.000 1 drained
			signal 1
			arm 1 kill 3s
		422.000 1 gone
			! 1 drained in 7m2s, busy false, killed false
	`).phase(report.PhaseServing)
}

// Streams over four saves: with a fourth generation that stays the oldest ends first.
func TestStoryStreamsOverFourSaves(t *testing.T) {
	s := serving(t, dev)
	for gen := GenID(2); gen <= 5; gen++ {
		s.saved(gen).on(Flowing{gen - 1, 1}).after(time.Second)
	}
	s.quiet().after(9 * time.Second).want(`
		7.000 1 expired stop
			! 1 stays for 1 answers after 7s
		8.000 2 expired stop
			! 2 stays for 1 answers after 7s
		9.000 3 expired stop
			! 3 stays for 1 answers after 7s
		10.000 4 expired stop
			! 4 stays for 1 answers after 7s
			signal 1
			arm 1 kill 3s
		13.000 1 expired kill
			kill 1
			arm 1 kill 1s
	`)
	s.end(1, killed).after(time.Hour).want(`
		13.000 1 gone
			! 1 drained in 13s, busy true, killed true, cut by limit
	`)
}

// Where no files are watched a stream has five minutes, or what --stream-timeout says.
func TestStoryStreamTimeout(t *testing.T) {
	swapped(t, Policy{}).on(Flowing{1, 1}).after(5*time.Minute).end(1, killed).want(`
		7.000 1 expired stop
			! 1 stays for 1 answers after 7s
			arm 1 stop 4m50s
			arm 1 kill 4m53s
		297.000 1 expired stop
			signal 1
		300.000 1 expired kill
			kill 1
			arm 1 kill 1s
		300.000 1 gone
			! 1 drained in 5m0s, busy true, killed true, cut by stream-timeout
	`)
	swapped(t, Policy{StreamTimeout: time.Second}).on(Flowing{1, 1}).after(8 * time.Second).want(`
		7.000 1 expired stop
			signal 1
	`)
}

// Nor does the next generation where two may not overlap.
func TestStoryStopFirstDoesNotWaitForStreams(t *testing.T) {
	s := swapped(t, dev).on(Flowing{1, 1}).after(time.Hour).on(Command{Do: OneAtATime}).quiet()
	s.on(save("b"), Drained{Gen: 2}).end(2, killed).after(7*time.Second).end(1, killed).want(`
		3600.000 batch b
			drain 2 unrelieved
			arm 1 stop 7s
			arm 1 kill 10s
		3600.000 2 drained
			signal 2
		3600.000 2 gone
			! 2 drained in 0s, busy false, killed false
		3607.000 1 expired stop
			signal 1
		3607.000 1 gone
			! 1 drained in 1h0m7s, busy true, killed false
			start 3 change b
	`)
	p := dev
	p.Strategy = StopFirst // the old one has no successor
	serving(t, p).on(save("a"), Flowing{1, 1}).quiet().after(7 * time.Second).want(`
		7.000 1 expired stop
			signal 1
	`)
}

// The status names the answers for which a generation stays.
func TestStaysInTheStatus(t *testing.T) {
	s := swapped(t, dev).on(Flowing{1, 2})
	for _, want := range []int{0, 2, 0} {
		if got := s.m.Status().Generations[0].StaysFor; got != want {
			t.Errorf("%v: stays for %d, want %d", s.now.Sub(epoch), got, want)
		}
		s.after(8 * time.Second)
		if want > 0 {
			s.on(Command{Do: Stop})
		}
	}
}

// A status says that the next request on a connection may reach the generation that serves no more: until it is known
// how its connections stand, and as long as an adapter has one to move.
func TestRestsInTheStatus(t *testing.T) {
	s := swapped(t, dev)
	for _, seen := range []report.DrainReport{{Rests: 2}, {}, {Rests: 1}} {
		if g := s.m.Status().Generations; !g[0].Rests || g[1].Rests {
			t.Errorf("%+v", g)
		}
		s.on(Observed{Gen: 1, Report: seen})
		if got := s.m.Status().Generations[0].Rests; got != (seen.Rests > 0) {
			t.Errorf("%+v: %t", seen, got)
		}
		s.on(Observed{Gen: 1, Report: report.DrainReport{Rests: 1}})
	}
}

// A signal that ends a program at once cuts its answers; one that the program handles may not.
func TestForced(t *testing.T) {
	for _, c := range []struct {
		exit   report.Exit
		after  time.Duration
		forced bool
	}{
		{report.Exit{Signal: 15}, 10 * time.Millisecond, true},
		{report.Exit{Signal: 15}, time.Second, false},
		{report.Exit{}, 10 * time.Millisecond, false},
		{killed, 4 * time.Second, true},
	} {
		s := swapped(t, dev).after(7*time.Second + c.after).on(Exited{Gen: 1, Exit: c.exit})
		effects := s.m.Step(s.now, Gone{Gen: 1})
		if n, ok := effects[0].(Notify).Notice.(report.NoticeDrained); !ok || n.Forced != c.forced {
			t.Errorf("%+v, want %+v", effects, c)
		}
	}
}
