package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// launched is the program of a child. The child's goroutine owns it.
type launched struct {
	*run.Program
	s         *Supervisor
	gen       GenID
	kills     int           // of the kernel, for lack of memory, when it began
	standby   run.Standby   // nil: it did not wait
	rehearsal run.Rehearsal // nil: it is none
	recipe    recipe
	begun     chan struct{} // closed when it may run its own code; nil: it did not wait
}

// launch starts the program; with a standbyChild, as a standby.
func (c *child) launch(a *standbyChild) (*launched, error) {
	s := c.s
	l := &launched{s: s, gen: c.gen, kills: s.memory.Kills()}
	early := a != nil && !a.cold
	var err error
	if l.recipe, err = s.recipe(); err != nil {
		if early {
			err = refusal{err} // there are standbys again when the files can be read
		}
		return nil, err
	}
	how := run.Launch{
		Gen: c.gen, Title: fmt.Sprintf("generation %d", c.gen), Argv: l.recipe.argv, Env: s.env(l.recipe.env, fmt.Sprintf("HOTSWAP_GENERATION=%d", c.gen)),
		Transports: s.cfg.Transports, Kept: early, Hear: s.transport, Told: c.told, Opens: func(streams run.Streams) { c.out.Store(&streams) },
	}
	if a != nil {
		l.begun = make(chan struct{})
		how.Hear, how.Begun, how.Wait = a.hear, l.begun, l.wait
		if a.rehearses {
			how.Title, how.Wait = "rehearsal", l.rehearse
		}
	}
	if l.Program, err = s.runner.Start(how); err != nil {
		if errors.As(err, new(run.NoStreams)) && early {
			return nil, refusal{err}
		}
		s.cfg.Registry.GenerationEnded(c.gen)
		return nil, err
	}
	c.recipe.Store(&l.recipe)
	c.proc.Store(&l.Process)
	c.passMissed(l)
	return l, nil
}

// wait has the program wait right before its own code.
func (l *launched) wait(launch *handoff.Launch) (w io.Closer, err error) {
	l.standby, err = l.s.cfg.Warmer.Prepare(launch)
	return l.standby, err
}

// rehearse has the program wait when it has loaded what is to be shown.
func (l *launched) rehearse(launch *handoff.Launch) (w io.Closer, err error) {
	l.rehearsal, err = l.s.cfg.Warmer.Rehearse(launch)
	return l.rehearsal, err
}

// attend runs the sessions until ctx ends.
func (l *launched) attend(ctx context.Context) {
	if p, ok := l.Process.(interface{ Members() ([]int, error) }); ok {
		l.s.cfg.Registry.SetProcesses(l.gen, p.Members)
	}
	l.Attend(ctx)
}

// finish releases what belongs to a program of which nothing is left. No event about the program comes
// after that.
func (l *launched) finish() {
	l.Finish()
	l.s.cfg.Registry.GenerationEnded(l.gen)
	l.Close()
}
