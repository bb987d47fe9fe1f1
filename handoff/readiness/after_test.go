package readiness

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// heard is what a session reports, until it ends.
func heard(ctx context.Context, t *testing.T, source handoff.Transport, r handoff.Running) []handoff.Event {
	t.Helper()
	session, err := source.Prepare(&handoff.Launch{Gen: 7})
	if err != nil {
		t.Fatal(err)
	}
	var out []handoff.Event
	if err := session.Run(ctx, r, func(ev handoff.Event) { out = append(out, ev) }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		events := heard(t.Context(), t, After{2 * time.Second}, handoff.Running{})
		if d := time.Since(begin); d != 2*time.Second {
			t.Errorf("ready after %v", d)
		}
		if last := events[len(events)-1]; last != (handoff.Ready{Gen: 7, By: "after"}) {
			t.Errorf("the last event is %+v", last)
		}
	})
}

func TestAfterTheEndNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, ev := range heard(ctx, t, After{2 * time.Second}, handoff.Running{}) {
			if _, ok := ev.(handoff.Ready); ok {
				t.Error("a program that ended is ready")
			}
		}
	})
}
