package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/once"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// newChanges returns the watcher of files, or nil with --no-watch. Files that have changed since
// then count; zero: from now on.
func (s *session) newChanges(command []string, steps *changes.Steps, since time.Time) (*changes.Changes, error) {
	if s.options.NoWatch {
		return nil, nil
	}
	o := s.options
	c, err := changes.New(changes.Config{
		Root: s.dir, Own: own(s.dir, o.Events), Command: command, Server: setup.Server(os.DirFS(s.dir), command),
		Steps: steps, Files: o.EnvFile, Project: s.file.Path, Since: since,
		Watch: o.Watch, Ignore: o.Ignore, Given: o.Place, Quiet: o.Quiet,
		Probation: o.Probation, Report: s.printer,
		Saved: func(path string) { python.DropCaches(path, os.Getenv("PYTHONPYCACHEPREFIX")) },
	})
	if errors.Is(err, rules.ErrPattern) || errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Usagef("%w", err)
	}
	return c, err
}

var quoteGlob = lazy.Pattern(`[*?{}\[\]\\!]`)

// own returns what --ignore would say in root of the folders in which running hotswaps write, and of the files of
// --events and of this one's output.
func own(root, events string) (patterns []string) {
	records, _ := record.Home() // "" with an error
	tasks, _ := once.Home()
	memory, _ := ports()
	if events != "" && !filepath.IsAbs(events) {
		events = filepath.Join(root, events)
	}
	for _, path := range []string{string(records), tasks, string(memory), events, procfs.Self.Link("fd/1"),
		procfs.Self.Link("fd/2")} {
		if rel, err := filepath.Rel(root, path); err == nil {
			patterns = append(patterns, quoteGlob().ReplaceAllString(rel, `\$0`))
		}
	}
	// where adapters are unpacked without a HOME
	if rel, err := filepath.Rel(root, os.TempDir()); err == nil && filepath.IsLocal(rel) {
		patterns = append(patterns, filepath.Join("/", quoteGlob().ReplaceAllString(rel, `\$0`),
			fmt.Sprintf("hotswap-{run-*,*-%d}", os.Geteuid())))
	}
	return patterns
}

func (s *session) newSteps() (*changes.Steps, error) {
	all, err := rule.New(s.dir, s.options.Rules)
	if err != nil {
		return nil, exit.Usagef("%w", err)
	}
	return changes.NewSteps(all, func(i int) changes.Task {
		r := all.All[i]
		globs, match := all.Inputs(i)
		return &once.Task{Dir: s.dir, Command: r.Run, Globs: globs, Match: match, Made: all.Made(i),
			Report: s.printer}
	}), nil
}

func here() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", exit.Unavailablef("current directory: %w", err)
	}
	return dir, nil
}
