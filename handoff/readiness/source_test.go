package readiness

import (
	"context"
	"errors"
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

// One that was ready is asked on for a while; two failures in a row are told, one alone is not.
func TestWhoWasReadyIsAskedOn(t *testing.T) {
	for name, c := range map[string]struct {
		fails string // attempts after the first
		want  time.Duration
	}{
		"two in a row": {"-+-++", 5 * time.Second}, "never two": {"+-+-+-+-+-+-", 0}, "too late": {"---------++", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			n, began := 0, time.Now()
			ask := &source{again: 10 * time.Second, try: func(context.Context, handoff.GenID) error {
				n++
				if n > 1 && n-2 < len(c.fails) && c.fails[n-2] == '+' {
					return errors.New("it answered 500")
				}
				return nil
			}}
			events := heard(t.Context(), t, ask, handoff.Running{})
			unwell, told := events[len(events)-1].(handoff.Unwell)
			if told != (c.want > 0) ||
				told && (time.Since(began) != c.want || unwell != handoff.Unwell{Gen: 7, Why: "it answered 500"}) {
				t.Errorf("%s: %v after %v", name, events, time.Since(began))
			}
		})
	}
}
