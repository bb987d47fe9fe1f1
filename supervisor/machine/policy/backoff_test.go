package policy

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	var b Backoff
	for i, want := range []time.Duration{0, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000} {
		if got := b.Next(); got != want*time.Millisecond {
			t.Errorf("pause %d is %v", i, got)
		}
	}
}
