package supervisor

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// BuildTitle is what the keepers of builds are started with.
const BuildTitle = "build"

// builder runs the steps of one build. Its goroutines are run and those of parallel steps; the loop
// calls goOn, stopBuild, pid and pass.
type builder struct {
	shell
	steps  []Step
	ctx    context.Context // until it is told to end
	cancel context.CancelFunc
	alone  chan struct{} // receives from the loop when no generation is left

	mu     sync.Mutex // guards what follows
	runs   []stepRun  // that have not ended
	done   []Step     // have succeeded, or were not needed
	spared []Step     // were not needed
	yields bool       // no further step is to begin
}

// build begins a build.
func (s *Supervisor) build(fx fxBuild) {
	b := &builder{steps: fx.steps, alone: make(chan struct{}, 1)}
	b.shell = shell{s: s, id: fx.build, title: BuildTitle, transport: s.cfg.BuildTransport, grace: s.m.policy.AbandonGrace, urgent: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	s.builder = b
	s.wg.Go(b.run)
}

// stopBuild tells the build to end.
func (s *Supervisor) stopBuild(now bool) {
	s.builder.cancel()
	if now {
		closeOnce(s.builder.urgent)
	}
}

// goOn lets the step run that waits until no generation is left.
func (b *builder) goOn() { b.alone <- struct{}{} }

// yield ends the build: at once if a step runs that is one of to, else after those that run.
func (b *builder) yield(to []Step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.yields = true
	for _, r := range b.runs {
		if slices.ContainsFunc(to, r.is) {
			r.cancel()
		}
	}
}

// stepRun is a step that runs, until ctx ends.
type stepRun struct {
	Step
	ctx    context.Context
	cancel context.CancelFunc
}

// begin notes which steps run from now on, and returns them; none if none is to begin.
func (b *builder) begin(steps []Step) []stepRun {
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
	var failure *BuildFailure
	for _, group := range groups(b.steps) {
		runs := b.begin(group)
		if len(runs) == 0 {
			break
		}
		if failure = b.group(runs); failure != nil {
			break
		}
	}
	b.s.send(evBuilt{build: b.id, done: b.done, unneeded: b.spared, failure: failure})
}

// group runs steps at once. The first that fails ends the others.
func (b *builder) group(runs []stepRun) *BuildFailure {
	var all sync.WaitGroup
	var first atomic.Pointer[BuildFailure]
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
func (b *builder) step(ctx context.Context, step Step) (failure *BuildFailure) {
	failed := func(err error) *BuildFailure {
		return &BuildFailure{Command: step.Command, Name: step.Name, step: step, Err: err}
	}
	if step.Task != nil {
		run, err := step.Task.Begin(ctx)
		switch {
		case ctx.Err() != nil:
			if run {
				step.Task.End(false)
			}
			return nil
		case err != nil:
			return failed(err)
		case !run:
			b.s.tell(NoticeStep{Build: b.id, Step: step, Unneeded: true})
			b.finished(step, true)
			return nil
		}
		succeeded := false
		defer func() { step.Task.End(succeeded) }()
		defer func() { succeeded = failure == nil && ctx.Err() == nil }()
	}
	if step.Alone && !b.waitAlone(ctx, step) {
		return nil
	}
	b.s.tell(NoticeStep{Build: b.id, Step: step})
	if f := b.command(ctx, step); f != nil {
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
func (b *builder) finished(step Step, unneeded bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = append(b.done, step)
	if unneeded {
		b.spared = append(b.spared, step)
	}
}

// waitAlone returns when no generation is left. It reports false when the build is to end.
func (b *builder) waitAlone(ctx context.Context, step Step) bool {
	b.s.send(evBuildAlone{build: b.id, step: step})
	select {
	case <-b.alone:
		return true
	case <-ctx.Done():
		return false
	}
}
