package load

import (
	"testing"
	"time"
)

func TestBookOfTime(t *testing.T) {
	cfg := Config{Kinds: []Kind{FreshGET(1), KeepAliveGET(1), SlowFresh(1, 700*time.Millisecond)}}
	s := newStats(cfg.withDefaults(), at(0))
	ok := func(kind, done, latency int) {
		s.record(outcome{kind: kind, class: OK, dialed: at(0), done: at(done), complete: true,
			latency: time.Duration(latency) * time.Millisecond})
	}
	ok(0, 10, 3)
	ok(1, 20, 40)  // keep-alive: closes no gap
	ok(2, 25, 720) // slow: closes no gap; 20 ms net
	ok(0, 50, 4)
	got := s.snapshot(at(60))
	if got.LongestGap != 40*time.Millisecond || got.LongestStall != 40*time.Millisecond {
		t.Errorf("gap %v, stall %v, want 40 ms both", got.LongestGap, got.LongestStall)
	}
	if slow := got.Kinds[2].Longest; slow != 20*time.Millisecond {
		t.Errorf("slow took %v net, want 20 ms", slow)
	}
	if got := s.snapshot(at(150)); got.LongestGap != 100*time.Millisecond {
		t.Errorf("the gap that is open is %v, want 100 ms", got.LongestGap)
	}
	s.left(&cfg.Kinds[0], at(160))
	s.left(&cfg.Kinds[2], at(700))
	if got := s.snapshot(at(800)); got.LongestGap != 110*time.Millisecond {
		t.Errorf("the gap at the end is %v, want 110 ms", got.LongestGap)
	}
}
