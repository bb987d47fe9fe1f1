package supervisor

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// launched is a program that was started, with what belongs to it. The child's goroutine owns
// it.
type launched struct {
	s         *Supervisor
	gen       GenID
	p         Process
	streams   Streams
	kills     int       // of the kernel, for lack of memory, when it began
	standby   Standby   // nil: it did not wait
	rehearsal Rehearsal // nil: it is none
	recipe    recipe
	begun     chan struct{} // closed when it may run its own code; nil: it did not wait
	told      chan struct{} // the child's

	sessions []handoff.Session
	hear     func(handoff.Event) // takes their events
	cancel   context.CancelFunc  // ends them; nil: they do not run
	running  sync.WaitGroup      // for them
}

// launch starts the program; with a standbyChild, as a standby.
func (c *child) launch(a *standbyChild) (*launched, error) {
	l := &launched{s: c.s, gen: c.gen, kills: c.s.memory.kills(), told: c.told, hear: c.s.transport}
	if a != nil {
		l.hear, l.begun = a.hear, make(chan struct{})
	}
	if given, limit := c.s.cfg.Registry.FreeDescriptors(); len(given) > 0 {
		c.s.transport(handoff.EndpointsClosed{Gen: c.gen, Endpoints: given, Limit: limit})
	}
	var err error
	early := a != nil && !a.cold
	if l.streams, err = c.s.cfg.Console.Open(c.gen, early, func(by string) { l.hear(handoff.Ready{Gen: c.gen, By: by}) }); err != nil {
		if early {
			err = refusal{err}
		}
		return nil, err
	}
	c.out.Store(&l.streams)
	launch := &handoff.Launch{Gen: c.gen}
	l.recipe, err = c.s.recipe()
	if err != nil && early {
		err = refusal{err} // there are standbys again when the files can be read
	}
	if err == nil {
		launch.Argv = l.recipe.argv
		launch.Env = c.s.env(l.recipe.env, fmt.Sprintf("HOTSWAP_GENERATION=%d", c.gen))
		err = l.prepare(launch)
	}
	if err == nil && a != nil {
		err = l.wait(launch, a.rehearses)
	}
	if err == nil {
		title := fmt.Sprintf("generation %d", c.gen)
		if a != nil && a.rehearses {
			title = "rehearsal"
		}
		spec := c.s.spec(launch, l.streams, title)
		spec.Ahead = early
		l.p, err = c.s.cfg.Runner.Start(spec)
	}
	if err != nil {
		for _, session := range l.sessions {
			closeSession(session)
		}
		l.finish()
		return nil, err
	}
	l.streams.Started()
	c.recipe.Store(&l.recipe)
	c.proc.Store(&l.p)
	c.passMissed(l.p)
	return l, nil
}

// attend runs the sessions until ctx ends.
func (l *launched) attend(ctx context.Context) {
	ctx, l.cancel = context.WithCancel(ctx)
	if p, ok := l.p.(interface{ Members() ([]int, error) }); ok {
		l.s.cfg.Registry.SetProcesses(l.gen, p.Members)
	}
	for _, session := range l.sessions {
		l.running.Go(func() {
			r := handoff.Running{Listener: l.p.Listener, Tree: l.p.Tree, Released: l.begun, Stopping: l.told}
			if err := session.Run(ctx, r, l.hear); err != nil {
				l.hear(handoff.TrackingLost{Gen: l.gen, Err: err})
			}
		})
	}
}

// finish releases what belongs to a program of which nothing is left, or that was not started.
// No event about the program comes after that.
func (l *launched) finish() {
	if l.cancel != nil {
		l.cancel()
	}
	if !l.streams.Close() {
		l.s.tell(report.NoticeOutputLost{Gen: l.gen})
	}
	l.running.Wait()
	l.s.cfg.Registry.GenerationEnded(l.gen)
	switch {
	case l.standby != nil:
		_ = l.standby.Close()
	case l.rehearsal != nil:
		_ = l.rehearsal.Close()
	}
}

// prepare has the transports add what they need.
func (l *launched) prepare(launch *handoff.Launch) error {
	for _, t := range l.s.cfg.Transports {
		session, err := t.Prepare(launch)
		if err != nil {
			return err
		}
		l.sessions = append(l.sessions, session)
	}
	return nil
}

// wait has the program wait right before its own code.
func (l *launched) wait(launch *handoff.Launch, rehearses bool) (err error) {
	if rehearses {
		l.rehearsal, err = l.s.cfg.Warmer.Rehearse(launch)
		return err
	}
	l.standby, err = l.s.cfg.Warmer.Prepare(launch)
	return err
}

// closeSession closes the session of a program that did not start.
func closeSession(s handoff.Session) {
	if c, ok := s.(io.Closer); ok {
		_ = c.Close()
	}
}

// spec says how to start the process of a launch.
func (s *Supervisor) spec(l *handoff.Launch, streams Streams, title string) proc.Spec {
	spec := proc.Spec{
		Argv: l.Argv, Env: l.Env, Dir: s.cfg.Dir, Stdio: streams.Stdio(), ListenPID: l.ListenPID, Filter: l.Filter, Title: title,
	}
	if s.cfg.Terminal != nil {
		spec.Terminal = s.cfg.Terminal()
	}
	for _, f := range l.Files {
		spec.Files = append(spec.Files, proc.Inherit{FD: f.FD, At: f.At})
	}
	for _, o := range streams.Outlets() {
		spec.Outlets = append(spec.Outlets, proc.Outlet{From: o[0], To: o[1]})
	}
	return spec
}
