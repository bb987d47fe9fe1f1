package supervisor

import (
	"context"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// BuildTitle is what the keepers of builds are started with.
const BuildTitle = "build"

// builder runs the steps of one build, one after the other. Its goroutine is run; the loop calls goOn,
// stopBuild, yield, pid and pass.
type builder struct {
	run.Command
	s      *Supervisor
	steps  []report.Step
	ctx    context.Context // until it is told to end
	cancel context.CancelFunc
	alone  chan struct{} // receives from the loop when no generation is left

	done   []report.Step // have succeeded, or were not needed
	spared []report.Step // were not needed

	mu     sync.Mutex         // guards what follows
	runs   report.Step        // the one that runs, until end ends it
	end    context.CancelFunc // nil: none runs
	yields bool               // no further step is to begin
}

// build begins a build.
func (s *Supervisor) build(fx build.Run) {
	b := &builder{s: s, steps: fx.Steps, alone: make(chan struct{}, 1), Command: run.Command{
		Runner: s.runner, ID: fx.Build, Title: BuildTitle, Transport: s.cfg.BuildTransport, Env: s.commandEnv, Grace: machine.AbandonGrace, Urgent: make(chan struct{}), Started: s.refresh,
	}}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	s.builder = b
	s.wg.Go(b.run)
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
	b.mu.Lock()
	defer b.mu.Unlock()
	b.yields = true
	if b.end != nil && slices.ContainsFunc(to, b.runs.Is) {
		b.end()
	}
}

// begin notes that a step runs from now on, until ctx ends. It returns false if no further step may start.
func (b *builder) begin(step report.Step) (ctx context.Context, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.yields || b.ctx.Err() != nil {
		return nil, false
	}
	b.runs = step
	ctx, b.end = context.WithCancel(b.ctx)
	return ctx, true
}

// run runs the steps, up to the first that fails.
func (b *builder) run() {
	defer b.cancel()
	var failure *report.BuildFailure
	for _, step := range b.steps {
		ctx, ok := b.begin(step)
		if !ok {
			break
		}
		if failure = b.step(ctx, step); failure != nil {
			break
		}
	}
	b.s.send(build.Ended{Build: b.ID, Done: b.done, Unneeded: b.spared, Failure: failure})
}

// step runs one step, and returns when nothing of it is left; nil if it has succeeded or was
// told to end.
func (b *builder) step(ctx context.Context, step report.Step) (failure *report.BuildFailure) {
	failed := func(err error) *report.BuildFailure {
		return &report.BuildFailure{Step: step, Err: err}
	}
	unneeded := func() *report.BuildFailure {
		b.s.notice(report.NoticeStep{Build: b.ID, Step: step, Unneeded: true})
		b.done, b.spared = append(b.done, step), append(b.spared, step)
		return nil
	}
	if step.Once && b.s.cfg.Task != nil {
		task := b.s.cfg.Task(step)
		run, err := task.Begin(ctx)
		switch {
		case ctx.Err() != nil:
			if run {
				task.End(false)
			}
			return nil
		case err != nil:
			return failed(err)
		case !run:
			return unneeded()
		}
		succeeded := false
		defer func() { task.End(succeeded) }()
		defer func() { succeeded = failure == nil && ctx.Err() == nil }()
	}
	if step.Alone && !b.waitAlone(ctx, step) {
		return nil
	}
	b.s.notice(report.NoticeStep{Build: b.ID, Step: step})
	if f := b.Run(ctx, step); f != nil {
		if ctx.Err() != nil {
			return nil // its end was asked for
		}
		return f
	}
	b.done = append(b.done, step)
	return nil
}

// waitAlone returns when no generation is left. It reports false when the build is to end.
func (b *builder) waitAlone(ctx context.Context, step report.Step) bool {
	b.s.send(build.Alone{Build: b.ID, Step: step})
	return wait.On(ctx, b.alone) == nil
}
