package supervisor

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
)

// BuildTitle is what the keepers of builds are started with.
const BuildTitle = "build"

// builder runs the commands of one build. Like a generation, each runs below a keeper of its
// own; but sockets of a command are not looked at, and what it leaves behind is killed. Its
// goroutine is run; the loop calls the other methods.
type builder struct {
	s      *Supervisor
	id     int
	proc   atomic.Pointer[Process] // of the command that runs; nil: none does yet
	ctx    context.Context         // until it is told to end
	cancel context.CancelFunc
	urgent chan struct{} // closed by the loop: it is to end at once
}

// build begins a build.
func (s *Supervisor) build(fx fxBuild) {
	b := &builder{s: s, id: fx.build, urgent: make(chan struct{})}
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

// run runs the commands, up to the first that fails.
func (b *builder) run() {
	defer b.cancel()
	var failure *BuildFailure
	for _, command := range b.s.cfg.Build {
		if failure = b.command(command); failure != nil || b.ctx.Err() != nil {
			break
		}
	}
	b.s.send(evBuilt{build: b.id, failure: failure})
}

// command runs one command, and returns when nothing of it is left; nil if it has succeeded.
func (b *builder) command(text string) *BuildFailure {
	failed := BuildFailure{Command: text}
	streams, err := b.s.cfg.Console.Open(0, false, func(string) {})
	if err != nil {
		failed.Err = err
		return &failed
	}
	defer func() {
		if !streams.Close() {
			b.s.tell(NoticeOutputLost{})
		}
	}()
	p, end, err := b.start(text, streams)
	if err != nil {
		failed.Err = err
		return &failed
	}
	defer end()
	streams.Started()
	b.proc.Store(&p)
	b.s.sync() // the status tells its process id
	select {
	case exit := <-p.Exited():
		failed.Exit = exit
	case <-b.ctx.Done():
		_ = p.Signal(syscall.SIGTERM) // an error means that it is gone
		waitGone(p, b.s.m.policy.AbandonGrace, b.urgent, nil)
		failed.Exit = Exit{Signal: syscall.SIGTERM}
	}
	killAll(p)
	if failed.Exit.Clean() {
		return nil
	}
	streams.Flush()
	last := streams.Last()
	failed.Post = PostMortem{Reason: reason(failed.Exit, false, last), Last: last}
	return &failed
}

// start starts a command, without standard input, which is the program's. The caller calls end
// when nothing of the command is left.
func (b *builder) start(text string, streams Streams) (p Process, end func(), err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	launch := &handoff.Launch{Gen: GenID(b.id), Argv: []string{"sh", "-c", text}, Env: b.s.cfg.Env}
	var session handoff.Session
	if b.s.cfg.BuildTransport != nil {
		if session, err = b.s.cfg.BuildTransport.Prepare(launch); err != nil {
			return nil, nil, err
		}
	}
	spec := b.s.spec(launch, streams, BuildTitle)
	spec.Stdio[0] = int(null.Fd())
	if p, err = b.s.cfg.Runner.Start(spec); err != nil {
		closeSession(session)
		return nil, nil, err
	}
	if session == nil {
		return p, func() {}, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		_ = session.Run(ctx, handoff.Running{Listener: p.Listener, Tree: p.Tree}, func(handoff.Event) {}) // without it less is known
	})
	return p, func() { cancel(); running.Wait() }, nil
}

// pid returns the process id of the command that runs; 0: none does yet.
func (b *builder) pid() int {
	if p := b.proc.Load(); p != nil {
		return (*p).PID()
	}
	return 0
}

// pass sends a signal that does not concern the machine.
func (b *builder) pass(sig syscall.Signal) {
	if p := b.proc.Load(); p != nil {
		_ = (*p).Signal(sig) // an error means that it is gone
	}
}
