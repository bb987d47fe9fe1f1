package readiness

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// After is ready so long after the program's start, whatever it does.
type After struct{ Delay time.Duration }

var _ handoff.Transport = After{}

// Name is "after".
func (a After) Name() string { return "after" }

// Prepare adds nothing.
func (a After) Prepare(l *handoff.Launch) (handoff.Session, error) {
	return afterSession{a, l.Gen}, nil
}

type afterSession struct {
	After
	gen handoff.GenID
}

// Run reports once.
func (s afterSession) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	if r.Wait(ctx) != nil {
		return nil
	}
	report(handoff.Unready{Gen: s.gen, Why: "it had not run for " + s.Delay.String()})
	if pause(ctx, s.Delay) == nil {
		report(handoff.Ready{Gen: s.gen, By: s.Name()})
	}
	return nil
}

// pause waits, or returns the error of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
