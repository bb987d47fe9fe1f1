package supervisor

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// BuildTitle is what the keepers of builds are started with.
const BuildTitle = "build"

// builder runs the steps of one build. Its goroutines are run and those of parallel steps; the loop
// calls goOn, stopBuild, pid and pass.
type builder struct {
	run.Command
	s      *Supervisor
	steps  []report.Step
	ctx    context.Context // until it is told to end
	cancel context.CancelFunc
	alone  chan struct{} // receives from the loop when no generation is left

	mu     sync.Mutex    // guards what follows
	runs   []stepRun     // that have not ended
	done   []report.Step // have succeeded, or were not needed
	spared []report.Step // were not needed
	yields bool          // no further step is to begin
}

// build begins a build.
func (s *Supervisor) build(fx build.Run) {
	b := &builder{s: s, steps: fx.Steps, alone: make(chan struct{}, 1), Command: run.Command{
		Runner: s.runner, ID: fx.Build, Title: BuildTitle, Transport: s.cfg.BuildTransport, Env: s.commandEnv, Grace: s.cfg.Policy.AbandonGrace, Urgent: make(chan struct{}), Started: s.sync,
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

// yield ends the build: at once if a step runs that is one of to, else after those that run.
func (b *builder) yield(to []report.Step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.yields = true
	for _, r := range b.runs {
		if slices.ContainsFunc(to, r.Is) {
			r.cancel()
		}
	}
}

// stepRun is a step that runs, until ctx ends.
type stepRun struct {
	report.Step
	ctx    context.Context
	cancel context.CancelFunc
}

// begin notes which steps run from now on, and returns them; none if none is to begin.
func (b *builder) begin(steps []report.Step) []stepRun {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs = nil
	if b.yields || b.ctx.Err() != nil {
		return nil
	}
	for _, s := range steps {
		ctx, cancel := context.WithCancel(b.ctx)
		b.runs = append(b.runs, stepRun{s, ctx, cancel})
	}
	return b.runs
}

// run runs the steps, up to the first that fails.
func (b *builder) run() {
	defer b.cancel()
	var failure *report.BuildFailure
	for _, group := range groups(b.steps) {
		runs := b.begin(group)
		if len(runs) == 0 {
			break
		}
		if failure = b.group(runs); failure != nil {
			break
		}
	}
	b.s.send(build.Ended{Build: b.ID, Done: b.done, Unneeded: b.spared, Failure: failure})
}

// group runs steps at once. The first that fails ends the others.
func (b *builder) group(runs []stepRun) *report.BuildFailure {
	var all sync.WaitGroup
	var first atomic.Pointer[report.BuildFailure]
	for _, r := range runs {
		all.Go(func() {
			defer r.cancel()
			if f := b.step(r.ctx, r.Step); f != nil && first.CompareAndSwap(nil, f) {
				for _, other := range runs {
					other.cancel()
				}
			}
		})
	}
	all.Wait()
	return first.Load()
}

// step runs one step, and returns when nothing of it is left; nil if it has succeeded or was
// told to end.
func (b *builder) step(ctx context.Context, step report.Step) (failure *report.BuildFailure) {
	failed := func(err error) *report.BuildFailure {
		return &report.BuildFailure{Command: step.Command, Name: step.Name, Step: step, Err: err}
	}
	unneeded := func() *report.BuildFailure {
		b.s.notice(report.NoticeStep{Build: b.ID, Step: step, Unneeded: true})
		b.finished(step, true)
		return nil
	}
	if step.Once && b.s.cfg.Task != nil {
		task := b.s.cfg.Task(step)
		if task == nil {
			return unneeded()
		}
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
	b.finished(step, false)
	return nil
}

// finished notes that the step need not run again for this build's request, and whether its
// command was not needed at all.
func (b *builder) finished(step report.Step, unneeded bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = append(b.done, step)
	if unneeded {
		b.spared = append(b.spared, step)
	}
}

// waitAlone returns when no generation is left. It reports false when the build is to end.
func (b *builder) waitAlone(ctx context.Context, step report.Step) bool {
	b.s.send(build.Alone{Build: b.ID, Step: step})
	select {
	case <-b.alone:
		return true
	case <-ctx.Done():
		return false
	}
}

// groups parts steps into those that run one after the other, and those that run at once.
func groups(steps []report.Step) (out [][]report.Step) {
	for i, s := range steps {
		if last := len(out) - 1; i > 0 && s.Parallel && steps[i-1].Parallel && !s.Alone && !steps[i-1].Alone {
			out[last] = append(out[last], s)
			continue
		}
		out = append(out, []report.Step{s})
	}
	return out
}
