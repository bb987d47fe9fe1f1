package policy

import (
	"testing"
	"time"
)

func TestKillGraceOfAShortDrain(t *testing.T) {
	for drain, want := range map[time.Duration]time.Duration{0: 3 * time.Second, 3 * time.Second: time.Second} {
		if got := (Policy{DrainTimeout: drain}).WithDefaults().KillGrace(); got != want {
			t.Errorf("a drain of %v has %v for a kill, want %v", drain, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	var b Backoff
	for i, want := range []time.Duration{0, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000} {
		if got := b.Next(); got != want*time.Millisecond {
			t.Errorf("pause %d is %v", i, got)
		}
	}
}
