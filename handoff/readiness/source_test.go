package readiness

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// heard is what a session reports, until it ends.
func heard(ctx context.Context, t *testing.T, source handoff.Transport, r handoff.Running) []handoff.Event {
	t.Helper()
	session := testkit.Must(source.Prepare(&handoff.Launch{Gen: 7}))(t)
	var out []handoff.Event
	testkit.NoError(t, session.Run(ctx, r, func(ev handoff.Event) { out = append(out, ev) }))
	return out
}

// A program that was started ahead is asked nothing before its time.
func TestNothingIsAskedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := &source{try: func(context.Context, handoff.GenID) error { return nil }}
		begun, begin := make(chan struct{}), time.Now()
		time.AfterFunc(time.Hour, func() { close(begun) })
		events := heard(t.Context(), t, ask, handoff.Running{Released: begun})
		if d := time.Since(begin); d != time.Hour || events[len(events)-1] != (handoff.Ready{Gen: 7, By: "http"}) {
			t.Errorf("%v after %v", events, d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if events := heard(ctx, t, ask, handoff.Running{Released: make(chan struct{})}); len(events) > 0 {
			t.Errorf("%v", events)
		}
	})
}
