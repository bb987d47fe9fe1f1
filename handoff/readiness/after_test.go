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
		events := heard(t.Context(), t, After(2*time.Second), handoff.Running{})
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
		for _, ev := range heard(ctx, t, After(2*time.Second), handoff.Running{}) {
			if _, ok := ev.(handoff.Ready); ok {
				t.Error("a program that ended is ready")
			}
		}
	})
}

// A program that was started ahead is asked nothing before its time, and its time
// counts from then.
func TestNothingIsAskedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := time.Time{}
		ask := &source{name: "ask", try: func(context.Context, handoff.GenID) error { asked = time.Now(); return nil }}
		for _, s := range []handoff.Transport{After(2 * time.Second), ask} {
			begun, begin := make(chan struct{}), time.Now()
			time.AfterFunc(time.Hour, func() { close(begun) })
			heard(t.Context(), t, s, handoff.Running{Released: begun})
			if d := time.Since(begin); d < time.Hour || s.Name() == "after" && d != time.Hour+2*time.Second {
				t.Errorf("%s: ready after %v", s.Name(), d)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if events := heard(ctx, t, s, handoff.Running{Released: make(chan struct{})}); len(events) > 0 {
				t.Errorf("%s: %v", s.Name(), events)
			}
			cancel()
		}
		if asked.IsZero() {
			t.Error("nobody was asked")
		}
	})
}
