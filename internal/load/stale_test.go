package load

import (
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
	if s.Version("1").Answers != 2 || s.Version("2").Answers != 2 {
		t.Errorf("versions %+v", s.Versions)
	}
	if e := s.Examples[0]; e.Version != "1" || e.Err == "" {
		t.Errorf("example %+v", e)
	}
}
