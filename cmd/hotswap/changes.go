package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/once"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// newChanges returns the watcher of files, or nil with --no-watch. built is when the
// parent of this hotswap built the program, paused since when it has kept changes, or zero.
func newChanges(o options.Options, command []string, steps *changes.Steps, built, paused time.Time, printer *ui.Printer) (*changes.Changes, error) {
	if o.NoWatch {
		return nil, nil
	}
	root, err := here()
	if err != nil { // before what follows: a folder that was removed does not exist either
		return nil, err
	}
	c, err := changes.New(changes.Config{
		Root: root, Command: command, Steps: steps, Built: built, Paused: paused, Files: o.EnvFile,
		Watch: o.Watch, Ignore: o.Ignore, Ext: o.Ext, Quiet: o.Quiet, MaxWait: o.MaxWait, Poll: o.Poll,
		OnlyLoaded: o.OnlyLoaded, Probation: o.Probation, Report: printer,
	})
	if errors.Is(err, rules.ErrPattern) || errors.Is(err, fs.ErrNotExist) {
		return nil, &exit.Error{Code: exit.CodeUsage, Err: err}
	}
	return c, err
}

// newSteps returns what the rules of the project do.
func newSteps(o options.Options, printer *ui.Printer) (*changes.Steps, error) {
	root, err := here()
	if err != nil {
		return nil, err
	}
	rules, err := rule.New(root, o.Rules)
	if err != nil {
		return nil, &exit.Error{Code: exit.CodeUsage, Err: err}
	}
	projects := map[string]*once.Store{} // by folder
	return changes.NewSteps(rules, root, func(i int) changes.Task {
		r := rules.All()[i]
		dir := cmp.Or(r.Dir, root)
		if projects[dir] == nil {
			projects[dir] = once.Open(dir, printer)
		}
		globs, match := rules.Inputs(i)
		return projects[dir].Task(r.Run, once.Inputs{Globs: globs, Match: match})
	}), nil
}

// here returns the current folder.
func here() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", exit.Unavailable(fmt.Errorf("current directory: %w", err))
	}
	return dir, nil
}
