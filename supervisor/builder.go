package supervisor

import (
	"context"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// BuildTitle is what the keepers of builds are started with.
const BuildTitle = "build"

// builder runs the steps of one build, one after the other. The loop calls its methods, but step, which has a goroutine of
// its own.
type builder struct {
	run.Command
	s      *Supervisor
	ctx    context.Context // until it is told to end
	cancel context.CancelFunc
	alone  chan struct{} // receives from the loop when no generation is left

	// Only the loop uses what follows.
	steps []report.Step      // that have not begun
	runs  report.Step        // the one that has begun last
	end   context.CancelFunc // ends that one
	ended build.Ended        // what the machine hears at the end
}

// build begins a build.
func (s *Supervisor) build(fx build.Run) {
	b := &builder{s: s, steps: fx.Steps, ended: build.Ended{Build: fx.Build}, alone: make(chan struct{}, 1), Command: run.Command{
		Runner: s.runner, ID: fx.Build, Title: BuildTitle, Transport: s.cfg.BuildTransport, Env: s.commandEnv, Grace: machine.Hurry, Urgent: make(chan struct{}), Started: s.refresh,
	}}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	s.builder = b
	b.next()
}

// stopBuild tells the build to end.
func (s *Supervisor) stopBuild(now bool) {
	s.builder.cancel()
	if now {
		closeOnce(s.builder.Urgent)
	}
}

// goOn lets the step run that waits until no generation is left.
func (b *builder) goOn() { b.alone <- struct{}{} }

// yield ends the build: at once if the step that runs is one of to, else after that step.
func (b *builder) yield(to []report.Step) {
	b.steps = nil
	if slices.ContainsFunc(to, b.runs.Is) {
		b.end()
	}
}

// next runs the next step, or tells the machine that the build is over.
func (b *builder) next() {
	if len(b.steps) == 0 || b.ctx.Err() != nil {
		b.cancel()
		b.s.step(b.ended)
		return
	}
	step := b.steps[0]
	b.steps, b.runs = b.steps[1:], step
	var ctx context.Context
	ctx, b.end = context.WithCancel(b.ctx)
	b.s.wg.Go(func() {
		done, ran, failure := b.step(ctx, step)
		b.s.post(func() {
			if done {
				b.ended.Done = append(b.ended.Done, step)
			}
			if done && !ran {
				b.ended.Unneeded = append(b.ended.Unneeded, step)
			}
			if failure != nil {
				b.steps, b.ended.Failure = nil, failure
			}
			b.end()
			b.next()
		})
	})
}

// step runs one step, and returns when nothing of it is left. A step that was told to end is neither done nor has failed.
func (b *builder) step(ctx context.Context, step report.Step) (done, ran bool, failure *report.BuildFailure) {
	if step.Once && b.s.cfg.Task != nil {
		task := b.s.cfg.Task(step)
		needed, err := task.Begin(ctx)
		if needed {
			defer func() { task.End(done && ctx.Err() == nil) }()
		}
		switch {
		case ctx.Err() != nil:
			return false, false, nil
		case err != nil:
			return false, false, &report.BuildFailure{Step: step, Err: err}
		case !needed:
			b.s.notice(report.NoticeStep{Build: b.ID, Step: step, Unneeded: true})
			return true, false, nil
		}
	}
	if step.Alone {
		b.s.send(build.Alone{Build: b.ID, Step: step})
		if wait.On(ctx, b.alone) != nil {
			return false, false, nil
		}
	}
	b.s.notice(report.NoticeStep{Build: b.ID, Step: step})
	failure = b.Run(ctx, step)
	if failure != nil && ctx.Err() != nil {
		return false, true, nil
	}
	return failure == nil, true, failure
}
