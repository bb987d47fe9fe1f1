package commands

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The methods below answer the control socket: Commands is a control.Instance.

// answerWithin is how long an answer about files may take: what is watched is not known before
// all watches are set.
const answerWithin = 30 * time.Second

// Why says what a change of a file does.
func (w *Commands) Why(ctx context.Context, path string) (control.Why, error) {
	if w.Upgrade.ChildPID() != 0 {
		return control.Why{}, control.ErrMoved
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return w.Files.Why(ctx, path)
}

// Log returns what the programs write.
func (w *Commands) Log() (*control.Log, error) {
	if w.Upgrade.ChildPID() != 0 {
		return nil, control.ErrMoved
	}
	return w.Config.Log, nil
}

// Reload waits for the end of an upgrade first, as a signal does.
func (w *Commands) Reload(ctx context.Context) (control.Result, error) {
	return w.afterUpgrade(ctx, w.Supervisor.Reload)
}

// Rollback waits for the end of an upgrade first: until then a rollback would be undone.
func (w *Commands) Rollback(ctx context.Context) (control.Result, error) {
	return w.afterUpgrade(ctx, w.Supervisor.Rollback)
}

func (w *Commands) afterUpgrade(ctx context.Context, do func(context.Context) (report.Result, error)) (control.Result, error) {
	if err := w.stays(ctx); err != nil {
		return control.Result{}, err
	}
	return w.answer(do(ctx))
}

// stays waits for the end of an upgrade. An error means that this process does not steer
// any more, or that ctx has ended.
func (w *Commands) stays(ctx context.Context) error {
	switch {
	case w.Upgrade.WaitIdle(ctx):
		return nil
	case w.Upgrade.ChildPID() != 0:
		return control.ErrMoved
	}
	return ctx.Err()
}

// Stop also ends an upgrade that is under way, as SIGTERM does.
func (w *Commands) Stop(ctx context.Context) (control.Result, error) {
	if w.Upgrade.ChildPID() != 0 {
		return control.Result{}, control.ErrMoved
	}
	w.Upgrade.Cancel()
	go w.Upgrade.Pass(context.WithoutCancel(ctx), syscall.SIGTERM) // if a child takes over nevertheless
	w.stopped.Store(true)
	w.Console.Stopped()
	res, err := w.Supervisor.StopIn(ctx, w.StopDelay)
	switch {
	case w.Upgrade.ChildPID() != 0: // too late; Pass has passed the signal on
		return control.Result{}, control.ErrMoved
	case errors.Is(err, supervisor.ErrStopping):
		return control.Result{Outcome: report.OutcomeStopped}, nil
	}
	return w.answer(res, err)
}

// answer encodes the supervisor's answer.
func (w *Commands) answer(res report.Result, err error) (control.Result, error) {
	if errors.Is(err, supervisor.ErrStopping) {
		return control.Result{Outcome: report.OutcomeStopping}, nil
	}
	if err != nil {
		return control.Result{}, err
	}
	out := control.Result{Outcome: res.Outcome, Generation: int(res.Gen)}
	out.Reason = human.Dots(res.Reason, res.Post.Cause())
	if res.Outcome == report.OutcomeSuperseded {
		out.Outcome = report.OutcomeFailed
	}
	return out, nil
}
