package main

import (
	"errors"
	"io/fs"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// newChanges returns what watches files as the options ask; nil with --no-watch. built
// is the time of a build that another hotswap hands over, or zero.
func newChanges(o options.Options, command []string, built time.Time, say ui.Printer) (*changes.Changes, error) {
	if o.NoWatch {
		return nil, nil
	}
	c, err := changes.New(changes.Config{
		Command: command, Builds: o.Build, Built: built,
		Watch: o.Watch, Ignore: o.Ignore, Ext: o.Ext, Quiet: o.Quiet, MaxWait: o.MaxWait, Poll: o.Poll,
		Standby: !o.NoWarm, OnlyLoaded: o.OnlyLoaded, Probation: o.Probation, Report: changeLines{say},
	})
	if errors.Is(err, rules.ErrPattern) || errors.Is(err, fs.ErrNotExist) {
		return nil, &exit.Error{Code: exit.CodeUsage, Err: err}
	}
	return c, err
}

// changeLines prints what changes.Changes reports.
type changeLines struct{ l ui.Printer }

func (r changeLines) Watched(n watch.Notice)                      { r.l.Watched(n) }
func (r changeLines) Open(file string)                            { r.l.Own(file) }
func (r changeLines) StartWrites(v selfwrite.Verdict)             { r.l.Echo(v) }
func (r changeLines) BuildChanges(v selfwrite.Verdict)            { r.l.BuildEcho(v) }
func (r changeLines) BuildWrites(files []string)                  { r.l.BuildWrites(files) }
func (r changeLines) PassedOver(why string, files []string)       { r.l.PassedOver(why, files) }
func (r changeLines) Follows(gen int, p loaded.Plan, exact bool)  { r.l.Follows(gen, p, exact) }
func (r changeLines) AdapterMissing(gen, pid int, options string) { r.l.Missed(gen, pid, options) }
func (r changeLines) AdapterBarred(gen, pid int)                  { r.l.AdapterBarred(gen, pid) }
func (r changeLines) WatchFailed(err error) {
	r.l.Log.Error().Str("event", "watch-failed").Err(err).Msgf("not watching any more: %v", err)
}
