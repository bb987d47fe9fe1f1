package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// newChanges returns the watcher of files, or nil with --no-watch. built is when the
// parent of this hotswap built the program, or zero.
func newChanges(o options.Options, command []string, built time.Time, printer *ui.Printer) (*changes.Changes, error) {
	if o.NoWatch {
		return nil, nil
	}
	root, err := os.Getwd()
	if err != nil { // before what follows: a folder that was removed does not exist either
		return nil, exit.Unavailable(fmt.Errorf("current directory: %w", err))
	}
	c, err := changes.New(changes.Config{
		Root: root, Command: command, Builds: o.Builds(), Built: built,
		Watch: o.Watch, Ignore: o.Ignore, Ext: o.Ext, Quiet: o.Quiet, MaxWait: o.MaxWait, Poll: o.Poll,
		OnlyLoaded: o.OnlyLoaded, Probation: o.Probation, Report: printer,
	})
	if errors.Is(err, rules.ErrPattern) || errors.Is(err, fs.ErrNotExist) {
		return nil, &exit.Error{Code: exit.CodeUsage, Err: err}
	}
	return c, err
}
