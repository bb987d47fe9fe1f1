package main

import (
	"maps"
	"slices"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

// live are the options that count as soon as the file says them. The others count from the next
// start of hotswap.
var live = []string{"build", "env-file", "ignore", "ext", "quiet-time", "poll"}

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
			later := s.later(file, now)
			s.options, s.file, s.command = now, file, command
			s.printer.FileRead(project.Name, later)
		},
	}, nil
}

// later returns the keys of what the file says otherwise than when hotswap began, and what counts
// only from its next start.
func (s *session) later(file *project.File, now options.Options) (keys []string) {
	names := maps.Clone(file.Values)
	maps.Copy(names, s.began.Values)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		same := slices.EqualFunc(file.Values[name], s.began.Values[name], func(a, b options.Given) bool { return a.Text == b.Text })
		if !same && !slices.Contains(live, name) && !s.options.Overrides(name) {
			keys = append(keys, options.KeyName(name))
		}
	}
	if s.livereload == nil && slices.ContainsFunc(now.Rules, func(r rule.Rule) bool { return r.Browser != "" }) {
		keys = append(keys, "browser")
	}
	return keys
}
