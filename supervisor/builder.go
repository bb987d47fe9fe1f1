package supervisor

import (
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// BuildTitle is what the keepers of builds are started with.
const BuildTitle = "build"

// builder runs the commands of one build, each below a keeper of its own, as
// generations are; but none of its sockets is looked at, and what it leaves behind
// is ended with it. Its goroutine is run; the loop calls the rest.
type builder struct {
	s      *Supervisor
	id     int
	proc   atomic.Pointer[Process] // of the command that runs; nil: none does yet
	ctx    context.Context         // until it is told to end
	cancel context.CancelFunc
	urgent chan struct{} // closed by the loop: at once
}

// build begins one.
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

// command runs one command, and returns when nothing of it is left: nil if it has
// succeeded.
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
		b.grant(p)
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

// start starts a command. It reads nothing: what there is to read is the program's.
// end is to be called when nothing of the command is left.
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
	spec := proc.Spec{
		Argv: launch.Argv, Env: launch.Env, Filter: launch.Filter, Dir: b.s.cfg.Dir, Stdio: streams.Stdio(), Title: BuildTitle,
	}
	spec.Stdio[0] = int(null.Fd())
	if b.s.cfg.Terminal != nil {
		spec.Terminal = b.s.cfg.Terminal()
	}
	for _, o := range streams.Outlets() {
		spec.Outlets = append(spec.Outlets, proc.Outlet{From: o[0], To: o[1]})
	}
	if p, err = b.s.cfg.Runner.Start(spec); err != nil {
		if c, ok := session.(io.Closer); ok {
			_ = c.Close()
		}
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

// grant gives a command that was told to end the time to do so.
func (b *builder) grant(p Process) {
	grace := time.NewTimer(b.s.m.policy.AbandonGrace)
	defer grace.Stop()
	select {
	case <-p.Gone():
	case <-grace.C:
	case <-b.urgent:
	}
}

// pid is the process id of the command that runs; 0: none does yet.
func (b *builder) pid() int {
	if p := b.proc.Load(); p != nil {
		return (*p).PID()
	}
	return 0
}

// pass passes a signal on that means nothing to the machine.
func (b *builder) pass(sig syscall.Signal) {
	if p := b.proc.Load(); p != nil {
		_ = (*p).Signal(sig) // an error means that it is gone
	}
}
