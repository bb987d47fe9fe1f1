package main

import (
	"slices"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
)

// reread reads the project's file after it has changed. A file that is wrong changes nothing.
func (s *session) reread() *changes.Reread {
	r, err := s.rereadFile()
	if err != nil {
		s.printer.FileRefused(err)
	}
	return r
}

func (s *session) rereadFile() (*changes.Reread, error) {
	file, err := s.file.Again()
	if err != nil {
		return nil, err
	}
	o, err := s.options.Again(file.File)
	if err != nil {
		return nil, err
	}
	now := s.options // what counts from the next start stays
	now.Rules, now.EnvFile, now.Ignore, now.Ext = o.Rules, o.EnvFile, o.Ignore, o.Ext
	now.Quiet, now.Poll = o.Quiet, o.Poll
	steps, err := newSteps(now, s.printer)
	if err != nil {
		return nil, err
	}
	command := s.command
	if file.Runs {
		command = file.Command
	}
	cfg, err := s.watched(now, command, steps)
	if err != nil {
		return nil, err
	}
	env := s.environ()
	return &changes.Reread{
		Config: cfg,
		Swap:   !slices.Equal(command, s.command) || !slices.Equal(now.EnvFile, s.options.EnvFile),
		Refuse: func(err error) { s.printer.FileRefused(wrongPattern(err)) },
		Apply: func() {
			s.steps.Store(steps)
			s.env.Store(project.NewEnv(cfg.Root, now.EnvFile, env))
			s.engine.Supervisor.SetCommand(command)
			s.options, s.file, s.command = now, file, command
			s.printer.FileRead(project.Name)
		},
	}, nil
}
