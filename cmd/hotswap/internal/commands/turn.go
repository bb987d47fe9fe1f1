package commands

import (
	"context"
	"os"

	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// turn says which hotswap steers: this one, or, after an upgrade, its child. While an upgrade is under way, commands wait.
type turn interface {
	Pass(context.Context, os.Signal) bool
	Cancel()
	WaitIdle(context.Context) bool
	ChildPID() int
}

// moved returns an error if another hotswap steers.
func (w *Commands) moved() error {
	if w.Turn.ChildPID() != 0 {
		return control.ErrMoved
	}
	return nil
}

// stays waits for the end of an upgrade. An error means that this process does not steer
// any more, or that ctx has ended.
func (w *Commands) stays(ctx context.Context) error {
	if w.Turn.WaitIdle(ctx) {
		return nil
	}
	if err := w.moved(); err != nil {
		return err
	}
	return ctx.Err()
}

// inTurn does something as soon as this hotswap steers, and answers.
func (w *Commands) inTurn(ctx context.Context, do func(context.Context) (report.Result, error)) (control.Result, error) {
	if err := w.stays(ctx); err != nil {
		return control.Result{}, err
	}
	return w.answer(do(ctx))
}

// keepTurn ends an upgrade that is under way, because hotswap stops. If a child takes over nevertheless, it gets the
// signal.
func (w *Commands) keepTurn(ctx context.Context, sig os.Signal) {
	w.Turn.Cancel()
	go w.Turn.Pass(ctx, sig)
}
