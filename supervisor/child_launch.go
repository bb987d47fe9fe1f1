package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// launched is the program of a child. The child's goroutine owns it.
type launched struct {
	*run.Program
	environ Environment
	direct  handoff.Direct // the zero value: the whole command runs
}

// launch starts the program and its sessions. A standby or a rehearsal needs room.
func (c *child) launch() (*launched, error) {
	s, l := c.s, &launched{}
	if !wait.Closed(c.adopted) {
		var tree []int
		if c.model != nil {
			tree = c.model.Tree()
		}
		if err := s.memory.Room(tree); err != nil {
			return nil, handoff.Never(err.Error())
		}
	}
	err := context.Cause(c.unbegun)
	if err != nil {
		return nil, err
	}
	l.environ, err = s.cfg.Environ()
	if err != nil {
		if c.part != partGeneration {
			err = handoff.Never(err.Error()) // there are standbys again when the files can be read
		}
		return nil, err
	}
	// What inspections have found out is about the folder of then.
	known := s.inspectedIn.Load()
	elsewhere := known != nil && *known != l.environ.Folder
	if elsewhere && c.part != partGeneration {
		return nil, handoff.Unknown(errFolder.Error())
	}
	how := run.Launch{
		Spec: proc.Spec{Launch: handoff.Launch{Gen: c.gen, Argv: s.cfg.Command,
			Env: s.env(l.environ, fmt.Sprintf("HOTSWAP_GENERATION=%d", c.gen))},
			Title: strings.TrimSpace(fmt.Sprintf("%s generation %d", s.cfg.Name, c.gen))},
		Transports: s.cfg.Transports, Buffered: c.part >= partStandby,
		Hear: func(ev handoff.Event) { s.post(func() { c.hear(ev) }) },
	}
	if c.part == partRehearsal {
		how.Title, how.Low = "rehearsal", true
	}
	if c.part != partGeneration {
		how.Begun = c.begun
		how.Wait = func(launch *handoff.Launch) (handoff.Standby, error) {
			return s.cfg.Warmer.Prepare(launch, c.part == partRehearsal)
		}
	}
	if !elsewhere && s.cfg.Shortcut != nil {
		how.Shorten = func(launch *handoff.Launch) { l.direct = c.shorten(launch) }
	}
	l.Program, err = s.runner.Start(how)
	if err != nil {
		s.cfg.Registry.GenerationEnded(c.gen)
		return nil, err
	}
	c.now.Store(l)
	if p, ok := l.Process.(interface{ Members() ([]int, error) }); ok {
		s.cfg.Registry.SetProcesses(c.gen, p.Members)
	}
	l.Attend(c.ctx)
	return l, nil
}

// shorten has the program start by itself, if that is possible, and says so, or why not, unless that is not known yet.
func (c *child) shorten(launch *handoff.Launch) handoff.Direct {
	d, err := c.s.cfg.Shortcut.Shorten(launch)
	if c.part != partRehearsal && !errors.As(err, new(handoff.Unknown)) {
		c.s.notice(report.NoticeDirect{Gen: c.gen, Name: d.Name, Left: d.Left, Err: err})
	}
	return d // the zero value, if there is an error
}

// valid returns why the program must not go on as it is; nil: it may.
func (l *launched) valid(s *Supervisor) error {
	now, err := s.cfg.Environ()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errEnvironment, err)
	case !slices.Equal(now.Vars, l.environ.Vars):
		return errEnvironment
	case now.Folder != l.environ.Folder:
		return errFolder
	}
	if l.direct.Valid != nil {
		if err := l.direct.Valid(); err != nil {
			return err
		}
	}
	return l.Standby.Validate()
}

func (s *Supervisor) wholeNext() {
	if s.cfg.Shortcut != nil {
		s.cfg.Shortcut.Whole()
	}
}

// Environment is what a process finds at its start.
type Environment struct {
	Vars   []string // that files add, NAME=value, sorted
	Folder string   // in which the process starts, without symbolic links
}

func (s *Supervisor) env(from Environment, more ...string) []string {
	return s.cfg.Compilers(slices.Concat(s.cfg.Env, from.Vars, more))
}

func (s *Supervisor) commandEnv() ([]string, error) {
	from, err := s.cfg.Environ()
	return s.env(from), err
}

var (
	errEnvironment = errors.New("the files with variables have changed")
	errFolder      = errors.New("the program's folder is another one now")
)
