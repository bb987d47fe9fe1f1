package engine

import (
	"testing"
	"time"
)

// Pauses differ between supervisors, by a fifth at most.
func TestJitter(t *testing.T) {
	least, most := time.Hour, time.Duration(0)
	for range 1000 {
		d := jitter(time.Second)
		least, most = min(least, d), max(most, d)
	}
	if least < 800*time.Millisecond || most > 1200*time.Millisecond || most-least < 200*time.Millisecond {
		t.Errorf("a pause of 1 s becomes one of %v to %v", least, most)
	}
}
