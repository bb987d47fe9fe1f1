package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/echo"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// newWatcher makes the watcher that the options ask for; nil for none. What has
// changed since built is not in what an elder hotswap has built; zero: there is none.
func newWatcher(o options, command []string, built time.Time, tell func(watch.Notice)) (*watch.Watcher, error) {
	if o.noWatch {
		return nil, nil
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, unavailable(fmt.Errorf("current directory: %w", err))
	}
	// A path is watched instead of the current directory, a pattern besides.
	var roots []string
	for _, path := range o.watch {
		if !strings.ContainsAny(path, "*?[{") {
			roots = append(roots, path)
		}
	}
	// Nothing of the program's source is read before the first boot, or build, which
	// comes after this; what an elder has built is older. The watcher allows for the
	// coarseness of the file system's clock (20 ms), and what was saved right before
	// hotswap was started is no change.
	since := time.Now()
	if len(o.build) > 0 && !built.IsZero() {
		since = built
	}
	w, err := watch.New(watch.Config{
		Roots: roots,
		Since: since.Add(20 * time.Millisecond),
		Rules: rules.Config{Root: root, Command: command, Builds: o.build, Include: o.watch, Ignore: o.ignore, Ext: o.ext},
		Quiet: o.quiet, MaxWait: o.maxWait, Poll: o.poll, OnNotice: tell, Installer: installer, Venv: os.Getenv("VIRTUAL_ENV"),
		Announce: !o.noWarm && len(o.build) == 0, // before a build there is nothing to prepare for
	})
	if errors.Is(err, rules.ErrPattern) || errors.Is(err, fs.ErrNotExist) {
		return nil, &exitError{exitUsage, err}
	}
	return w, err
}

// forwardBatches passes on, of what the watcher tells, what people changed.
func forwardBatches(ctx context.Context, s *supervisor.Supervisor, w *watch.Watcher, sieve *sieve, books *librarian, renew *renewal) {
	var again *time.Timer
	var due <-chan time.Time
	for {
		var verdict echo.Verdict
		announced := uint64(0)
		select {
		case <-ctx.Done():
			return
		case b := <-w.Batches():
			announced = b.Announced
			select {
			case <-w.Announcements(): // it has come
			default:
			}
			b.Changes = books.sift(ctx, s.Current(), b.Changes)
			verdict = sieve.batch(s.Current(), b)
		case number := <-w.Announcements():
			s.Announce(number, w.Quiet())
			sieve.announced(number)
			continue
		case r := <-books.reports:
			books.learn(r)
			verdict = sieve.batch(s.Current(), watch.Batch{Changes: books.resift(ctx, s.Current())})
		case <-books.stirred:
			verdict = sieve.batch(s.Current(), watch.Batch{Changes: books.resift(ctx, s.Current())})
		case <-sieve.nudge:
			verdict = sieve.due(s.Current())
		case <-due:
			verdict = sieve.due(s.Current())
		}
		if again != nil {
			again.Stop()
			due = nil
		}
		if !verdict.Again.IsZero() {
			again = time.NewTimer(time.Until(verdict.Again))
			due = again.C
		}
		if len(verdict.React) > 0 {
			if !renew.free(ctx) {
				return // a younger hotswap looks at the files anew
			}
			s.Batch(verdict.React, announced)
		}
	}
}
