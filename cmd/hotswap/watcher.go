package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// newWatcher makes the watcher that the options ask for; nil for none.
func newWatcher(o options, command []string, tell func(watch.Notice)) (*watch.Watcher, error) {
	if o.noWatch {
		return nil, nil
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, unavailable(fmt.Errorf("current directory: %w", err))
	}
	w, err := watch.New(watch.Config{
		// Nothing of the program's source is read before the first boot, which
		// comes after this. The watcher allows for the coarseness of the file
		// system's clock (20 ms), and what was saved right before hotswap was
		// started is no change.
		Since: time.Now().Add(20 * time.Millisecond),
		Rules: rules.Config{Root: root, Command: command, Include: o.watch, Ignore: o.ignore, Ext: o.ext},
		Quiet: o.quiet, MaxWait: o.maxWait, Poll: o.poll, OnNotice: tell,
	})
	if errors.Is(err, rules.ErrPattern) {
		return nil, &exitError{exitUsage, err}
	}
	return w, err
}
