package supervisor

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// builder runs one step of a build. Its goroutine is run.
type builder struct {
	run.Command
	s      *Supervisor
	step   report.Step
	ctx    context.Context // until it is told to end
	cancel context.CancelFunc
	alone  chan struct{} // closed by the loop when no generation is left
}

func (s *Supervisor) build(fx build.Run) {
	b := &builder{s: s, step: fx.Step, alone: make(chan struct{}), Command: run.Command{
		Runner: s.runner, ID: fx.Build, Title: "build", Transports: s.cfg.BuildTransports,
		Grace: machine.Hurry, Urgent: make(chan struct{}),
	}}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	s.builder = b
	s.wg.Go(func() {
		defer b.cancel()
		s.send(b.run())
	})
}

// run runs the step, and returns when nothing of it is left. A step that was told to end is neither done nor has
// failed.
func (b *builder) run() (ev build.Ended) {
	ev.Build = b.ID
	if b.step.Once {
		task := b.s.cfg.Task(b.step)
		needed, err := task.Begin(b.ctx)
		if needed {
			defer func() { task.End(ev.Done && b.ctx.Err() == nil) }()
		}
		switch {
		case b.ctx.Err() != nil:
			return ev
		case err != nil:
			ev.Failure = &report.BuildFailure{Step: b.step, Err: err}
			if broken, ok := errors.AsType[report.Uncompiled](err); ok {
				ev.Failure.Post = run.Explain(report.Exit{Code: 1}, broken.Lines)
			}
			return ev
		case !needed:
			b.s.notice(report.NoticeStep{Build: b.ID, Step: b.step, Unneeded: true})
			ev.Done, ev.Unneeded = true, true
			return ev
		}
	}
	if b.step.Alone {
		b.s.send(build.Alone{Build: b.ID})
		if wait.On(b.ctx, b.alone) != nil {
			return ev
		}
	}
	b.s.notice(report.NoticeStep{Build: b.ID, Step: b.step})
	failure := b.Run(b.ctx, b.step)
	ev.Done = failure == nil
	if b.ctx.Err() == nil {
		ev.Failure = failure
	}
	return ev
}
