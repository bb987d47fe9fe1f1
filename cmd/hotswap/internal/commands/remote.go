package commands

import (
	"context"
	"errors"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The methods below answer the control socket: Commands is a control.Instance.

func (w *Commands) Why(ctx context.Context, path string) (control.Why, error) {
	if err := w.Steering.Moved(); err != nil {
		return control.Why{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait.Patience) // what is watched is not known before all watches are set
	defer cancel()
	return w.Explain(ctx, path)
}

func (w *Commands) Log() (*control.Log, error) {
	return w.Config.Log, w.Steering.Moved()
}

// Reload waits for this hotswap's turn first, as a signal does.
func (w *Commands) Reload(ctx context.Context) (control.Result, error) {
	return w.whileSteering(ctx, w.Supervisor.Reload)
}

// Rollback waits for this hotswap's turn first: until then a rollback would be undone.
func (w *Commands) Rollback(ctx context.Context) (control.Result, error) {
	return w.whileSteering(ctx, w.Supervisor.Rollback)
}

func (w *Commands) whileSteering(ctx context.Context, do func(context.Context) (report.Result, error)) (control.Result,
	error) {
	if err := w.Steering.Wait(ctx); err != nil {
		return control.Result{}, err
	}
	return w.answer(do(ctx))
}

// Stop also keeps another hotswap from taking over, as SIGTERM does.
func (w *Commands) Stop(ctx context.Context) (out control.Result, err error) {
	if err := w.Steering.Moved(); err != nil {
		return out, err
	}
	w.Steering.Keep(context.WithoutCancel(ctx), syscall.SIGTERM)
	w.stopped.Store(true)
	w.Console.Stopped()
	res, err := w.Supervisor.Stop(ctx, w.StopDelay)
	switch moved := w.Steering.Moved(); {
	case moved != nil: // too late, and the signal was passed on
		return out, moved
	case errors.Is(err, supervisor.ErrStopping):
		return control.Result{Outcome: report.OutcomeStopped}, nil
	}
	return w.answer(res, err)
}

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
