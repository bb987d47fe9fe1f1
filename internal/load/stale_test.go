package load

import (
	"fmt"
	"testing"
	"time"
)

func at(ms int) time.Time { return time.Unix(1, 0).Add(time.Duration(ms) * time.Millisecond) }

func TestHistory(t *testing.T) {
	type step struct {
		version      string
		dialed, done int // ms
		stale        bool
	}
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"old answers on old connections are as they should be", []step{
			{"1", 0, 5, false}, {"2", 6, 10, false}, {"1", 0, 20, false}, {"1", 9, 20, false}, {"1", 10, 20, false},
		}},
		{"old answers on newer connections are stale", []step{
			{"1", 0, 5, false}, {"2", 6, 10, false}, {"1", 11, 12, true}, {"2", 11, 13, false}, {"1", 14, 15, true},
		}},
		{"integers, not texts", []step{
			{"9", 0, 5, false}, {"10", 6, 10, false}, {"9", 11, 12, true},
		}},
		{"each connection is measured by what was known at its dial", []step{
			{"1", 0, 5, false}, {"2", 6, 10, false}, {"3", 11, 20, false},
			{"2", 15, 30, false}, {"1", 15, 30, true}, {"2", 21, 30, true},
		}},
		{"a newer version that nobody saw before is never stale", []step{
			{"2", 0, 5, false}, {"1", 6, 10, true}, {"3", 11, 12, false}, {"2", 13, 14, true},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := history{since: at(0)}
			for i, s := range test.steps {
				if got := h.learn(s.version, at(s.dialed), at(s.done)); got != s.stale {
					t.Errorf("step %d %+v: stale = %v", i, s, got)
				}
			}
		})
	}
}

func TestByAge(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"2", "10", -1}, {"10", "2", 1}, {"7", "7", 0}, {"dev", "1", -1}, {"1", "dev", 1}, {"a", "b", -1}} {
		if got := byAge(test.a, test.b); got != test.want {
			t.Errorf("byAge(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

// Every second fresh connection gets the old version, after the new one has
// answered.
func TestStale(t *testing.T) {
	srv := serve(t, func(p *peer) {
		if p.ask() {
			p.say(1 + p.number%2)
		}
	})
	s := run(t, Config{Targets: []string{srv.addr}, Kinds: []Kind{ping(4, false)}, Checks: ExampleChecks()})
	expect(t, s, map[Class]uint64{OK: 2, Stale: 2})
	if v := s.Version("1"); v.Answers != 2 || v.Fresh != 2 || !v.Replaced || v.Late != 2 || s.Late() != 2 {
		t.Errorf("version 1: %+v", v)
	}
	if v := s.Version("2"); v.Answers != 2 || v.Replaced {
		t.Errorf("version 2: %+v", v)
	}
	if e := s.Examples[0]; e.Version != "1" || e.Err == "" {
		t.Errorf("example %+v", e)
	}
}

// An old process may answer as long as it likes on a connection that it has.
func TestOldConnectionIsNotStale(t *testing.T) {
	newer := make(chan struct{})
	srv := serve(t, func(p *peer) {
		if p.number == 1 {
			for n := 0; p.ask(); n++ {
				if n == 1 {
					<-newer
				}
				p.say(1)
			}
			return
		}
		p.ask()
		p.say(2)
	})
	c := New(Config{Targets: []string{srv.addr}, Kinds: []Kind{ping(3, true)}, Checks: ExampleChecks()})
	go func() {
		// Another crowd has seen version 2: the same book, so by hand.
		c.Await(t.Context(), func(s Snapshot) bool { return s.Requests == 1 })
		now := time.Now()
		c.stats.record(outcome{class: OK, version: "2", dialed: now, done: now, complete: true})
		close(newer)
	}()
	expect(t, runClient(t, c), map[Class]uint64{OK: 4})
}

func TestSuspendOrder(t *testing.T) {
	s := newStats(Config{}.withDefaults(), time.Now())
	answer := func(version int, dialed time.Time) {
		s.record(outcome{class: OK, version: fmt.Sprint(version), dialed: dialed, done: time.Now(), complete: true})
	}
	answer(1, time.Now())
	answer(2, time.Now())
	resume := s.suspendOrder()
	early := time.Now()
	answer(1, time.Now())
	resume()
	resume()         // once is enough
	answer(2, early) // dialled before, teaches nothing
	answer(1, time.Now())
	if n := s.snapshot(time.Now()).Counts[Stale]; n != 0 {
		t.Errorf("%d stale after the order began anew", n)
	}
	answer(3, time.Now())
	answer(1, time.Now())
	if n := s.snapshot(time.Now()).Counts[Stale]; n != 1 {
		t.Errorf("%d stale, want 1", n)
	}
}
