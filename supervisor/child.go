package supervisor

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// child is a generation as handles: the machine has its facts. The loop calls
// its methods; run is its goroutine and reports by events.
type child struct {
	gen    GenID
	s      *Supervisor
	ctx    context.Context // until the tree is gone
	cancel context.CancelFunc
	proc   atomic.Pointer[Process] // nil until started
	out    atomic.Pointer[Streams] // nil until opened

	killed  atomic.Bool // by us
	starved atomic.Bool // the kernel killed it for lack of memory, or so it seems

	watch     *watch        // nil unless it drains; the loop's
	undrained chan struct{} // of the watch given up last; nil: none was. The loop's
	told      chan struct{} // closed when the stop signal has been sent
}

func (s *Supervisor) startChild(fx fxStart) *child {
	ctx, cancel := context.WithCancel(context.Background())
	c := &child{gen: fx.gen, s: s, ctx: ctx, cancel: cancel, told: make(chan struct{})}
	s.wg.Go(c.run)
	return c
}

// run starts the program and sees it to its end.
func (c *child) run() {
	defer c.cancel()
	launch := &handoff.Launch{
		Gen: c.gen, Argv: c.s.cfg.Command,
		Env: append(c.s.cfg.Env[:len(c.s.cfg.Env):len(c.s.cfg.Env)], fmt.Sprintf("HOTSWAP_GENERATION=%d", c.gen)),
	}
	streams, err := c.s.cfg.Console.Open(c.gen, func(by string) { c.s.transport(handoff.Ready{Gen: c.gen, By: by}) })
	if err != nil {
		c.s.send(evStartFailed{gen: c.gen, err: err})
		return
	}
	c.out.Store(&streams)
	kills := c.s.memory.now()
	p, sessions, err := c.launch(launch, streams)
	if err != nil {
		streams.Close()
		c.s.cfg.Registry.Release(c.gen)
		c.s.send(evStartFailed{gen: c.gen, err: err})
		return
	}
	streams.Started()
	c.proc.Store(&p)
	c.s.send(evStarted{gen: c.gen, pid: p.PID()})
	var running sync.WaitGroup
	for _, session := range sessions {
		running.Go(func() {
			r := handoff.Running{Listener: p.Listener, Tree: p.Tree}
			if err := session.Run(c.ctx, r, c.s.transport); err != nil {
				c.s.send(evLost{gen: c.gen, err: err})
			}
		})
	}
	exit := <-p.Exited()
	c.starved.Store(exit.Status() == 128+int(syscall.SIGKILL) && !c.killed.Load() && c.s.memory.killedSince(kills))
	streams.Flush() // its last words come before the news of its end
	c.s.send(evExited{gen: c.gen, exit: Exit{Code: exit.Code, Signal: exit.Signal, Core: exit.Core}, left: exit.Left})
	<-p.Gone()
	c.cancel()
	streams.Close()
	running.Wait() // so that no event of the generation comes after the last
	c.s.cfg.Registry.Release(c.gen)
	c.s.send(evGone{gen: c.gen})
}

func (c *child) launch(l *handoff.Launch, streams Streams) (Process, []handoff.Session, error) {
	var sessions []handoff.Session
	for _, t := range c.s.cfg.Transports {
		session, err := t.Prepare(l)
		if err != nil {
			forgo(sessions)
			return nil, nil, err
		}
		sessions = append(sessions, session)
	}
	spec := proc.Spec{
		Argv: l.Argv, Env: l.Env, Dir: c.s.cfg.Dir, Stdio: streams.Stdio(), ListenPID: l.ListenPID,
		Filter: l.Filter, Title: fmt.Sprintf("generation %d", c.gen),
	}
	if c.s.cfg.Terminal != nil {
		spec.Terminal = c.s.cfg.Terminal()
	}
	for _, f := range l.Files {
		spec.Files = append(spec.Files, proc.Inherit{FD: f.FD, At: f.At})
	}
	for _, o := range streams.Outlets() {
		spec.Outlets = append(spec.Outlets, proc.Outlet{From: o[0], To: o[1]})
	}
	p, err := c.s.cfg.Runner.Start(spec)
	if err != nil {
		forgo(sessions)
	}
	return p, sessions, err
}

// forgo closes the sessions of a program that did not start.
func forgo(sessions []handoff.Session) {
	for _, s := range sessions {
		if c, ok := s.(io.Closer); ok {
			_ = c.Close()
		}
	}
}

// signal and kill do nothing while the process does not run yet: the machine
// asks again when it does.
func (c *child) signal(sig syscall.Signal) {
	p := c.proc.Load()
	if p == nil {
		return
	}
	_ = (*p).Signal(sig) // an error means that it is gone
	if c.watch != nil && c.watch.drain != nil {
		c.watch.drain.Stopping()
	}
	select {
	case <-c.told:
	default:
		close(c.told)
	}
}

func (c *child) kill() {
	if p := c.proc.Load(); p != nil {
		c.killed.Store(true)
		_ = (*p).Kill()
	}
}
