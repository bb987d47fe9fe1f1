package main

import (
	"errors"
	"io/fs"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// newChanges returns what watches files as the options ask; nil with --no-watch. built
// is the time of a build that another hotswap hands over, or zero.
func newChanges(o options, command []string, built time.Time, say lines) (*changes.Changes, error) {
	if o.noWatch {
		return nil, nil
	}
	c, err := changes.New(changes.Config{
		Command: command, Builds: o.build, Built: built,
		Watch: o.watch, Ignore: o.ignore, Ext: o.ext, Quiet: o.quiet, MaxWait: o.maxWait, Poll: o.poll,
		Standby: !o.noWarm, OnlyLoaded: o.onlyLoaded, Probation: o.probation, Report: changeLines{say},
	})
	if errors.Is(err, rules.ErrPattern) || errors.Is(err, fs.ErrNotExist) {
		return nil, &exitError{exitUsage, err}
	}
	return c, err
}

// changeLines prints what changes.Changes reports.
type changeLines struct{ l lines }

func (r changeLines) Watched(n watch.Notice)                      { r.l.Watched(n) }
func (r changeLines) Open(file string)                            { r.l.own(file) }
func (r changeLines) StartWrites(v selfwrite.Verdict)             { r.l.echo(v) }
func (r changeLines) BuildChanges(v selfwrite.Verdict)            { r.l.buildEcho(v) }
func (r changeLines) BuildWrites(files []string)                  { r.l.buildWrites(files) }
func (r changeLines) PassedOver(why string, files []string)       { r.l.passedOver(why, files) }
func (r changeLines) Follows(gen int, p loaded.Plan, exact bool)  { r.l.follows(gen, p, exact) }
func (r changeLines) AdapterMissing(gen, pid int, options string) { r.l.missed(gen, pid, options) }
func (r changeLines) AdapterBarred(gen, pid int)                  { r.l.AdapterBarred(gen, pid) }
func (r changeLines) WatchFailed(err error) {
	r.l.log.Error().Str("event", "watch-failed").Err(err).Msgf("not watching any more: %v", err)
}
