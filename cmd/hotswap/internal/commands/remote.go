package commands

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// remote is hotswap as it is asked by the control socket.
type Remote struct {
	Supervisor *supervisor.Supervisor
	Upgrade    *upgrade.Upgrade
	Commands   *Commands
	Why        func(supervisor.Result) string // for people
}

// statusWithin is how long the newest status is waited for: who asks what is
// wrong is to get an answer even if the loop hangs.
const statusWithin = time.Second

func (r Remote) Status() any {
	newest := make(chan supervisor.Status, 1)
	go func() { newest <- r.Supervisor.Current() }()
	select {
	case st := <-newest:
		return st
	case <-time.After(statusWithin):
		return r.Supervisor.Status()
	}
}

// Reload waits for what comes of an upgrade first, as a signal does.
func (r Remote) Reload(ctx context.Context) (control.Result, error) {
	if !r.Upgrade.Free(ctx) {
		return control.Result{}, r.moved(ctx)
	}
	return r.answer(r.Supervisor.Reload(ctx))
}

func (r Remote) Rollback(ctx context.Context) (control.Result, error) {
	if !r.Upgrade.Free(ctx) {
		return control.Result{}, r.moved(ctx)
	}
	return r.answer(r.Supervisor.Rollback(ctx))
}

// Stop ends an upgrade that is under way too, as SIGTERM does.
func (r Remote) Stop(ctx context.Context) (control.Result, error) {
	if r.Upgrade.Successor() != 0 {
		return control.Result{}, control.ErrMoved
	}
	r.Upgrade.Forgo(syscall.SIGTERM)
	r.Commands.asked.Store(true)
	res, err := r.Supervisor.Stop(ctx)
	if r.Upgrade.Successor() != 0 { // it came too late; the child was told
		return control.Result{}, control.ErrMoved
	}
	if errors.Is(err, supervisor.ErrStopping) {
		return control.Result{Outcome: control.OutcomeStopped}, nil // it has ended
	}
	return r.answer(res, err)
}

// moved is why hotswap does nothing any more.
func (r Remote) moved(ctx context.Context) error {
	if r.Upgrade.Successor() != 0 {
		return control.ErrMoved
	}
	return ctx.Err()
}

func (r Remote) answer(res supervisor.Result, err error) (control.Result, error) {
	return answerOf(res, err, r.Why)
}

// answerOf is the supervisor's answer as it travels.
func answerOf(res supervisor.Result, err error, why func(supervisor.Result) string) (control.Result, error) {
	if errors.Is(err, supervisor.ErrStopping) {
		return control.Result{Outcome: control.OutcomeStopping}, nil
	}
	if err != nil {
		return control.Result{}, err
	}
	out := control.Result{Outcome: string(res.Outcome), Generation: int(res.Gen)}
	switch res.Outcome {
	case supervisor.OutcomeSuperseded:
		out.Outcome = control.OutcomeFailed
		fallthrough
	case supervisor.OutcomeFailed, supervisor.OutcomeUnready:
		out.Reason = why(res)
	}
	return out, nil
}
