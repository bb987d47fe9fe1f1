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
