package machine

import (
	"testing"
	"time"
)

func TestPolicyDefaults(t *testing.T) {
	p := Policy{}.withDefaults()
	if p.ReadyTimeout != time.Minute || p.DrainTimeout != 10*time.Second ||
		p.KillGrace() != 3*time.Second || p.Strategy != Auto {
		t.Errorf("defaults %+v", p)
	}
	if p := (Policy{DrainTimeout: 3 * time.Second}).withDefaults(); p.KillGrace() != time.Second {
		t.Errorf("kill grace %v of a drain of 3 s", p.KillGrace())
	}
}

func TestBackoff(t *testing.T) {
	var b Backoff
	for i, want := range []time.Duration{0, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000} {
		if got := b.Next(); got != want*time.Millisecond {
			t.Errorf("pause %d is %v", i, got)
		}
	}
	for range 100 {
		b.Next()
	}
	if got := b.Next(); got != backoffMax {
		t.Errorf("after many restarts the pause is %v", got)
	}
	if b.Reset(); b.Next() != 0 {
		t.Error("the first restart after a reset is not at once")
	}
}
