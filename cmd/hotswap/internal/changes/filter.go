package changes

import (
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// filter leaves out what the program or its build has written itself. The forwarder's
// goroutine uses it.
type filter struct {
	report   Reporter
	ruled    func(path string) bool // a rule is about the file
	writes   *intercept.Writes      // nil: the kernel does not tell what the program writes
	open     selfwrite.Open
	detector selfwrite.Detector
	named    map[string]bool   // files that the user has heard of
	said     map[string]Reason // by path, why the last change that was ignored was
}

// batch decides about changes, if there are any, and about those delayed. output: the program
// has loaded what a build has made. If that build is a part of the command, only the kernel
// tells its writes from those of a compiler beside it once the generation has failed. So the next
// generations are watched.
func (f *filter) batch(st report.Status, batch []watch.Change, output bool) selfwrite.Verdict {
	now := time.Now()
	starts, stirred := startsOf(st)
	var open, building map[proc.FileID]bool
	if len(batch) > 0 {
		building, open = proc.OpenForWritingBy(supervisor.BuildTitle)
	}
	opened := f.openings()
	var changes []selfwrite.Change
	var made []watch.Change
	for _, c := range batch {
		delete(f.said, c.Path)
		change, at := selfwrite.Change{File: c.Rel}, now
		var file proc.FileID
		info, err := os.Stat(c.Path)
		there := err == nil
		if there {
			file, there = proc.IDOf(info)
			at = watch.ChangedAt(info)
		}
		signs := signsOf(c, at, err == nil && info.IsDir())
		if len(signs) > 0 {
			at = signs[0].at
		}
		if there && building[file] {
			change.Writer = selfwrite.ByBuild
		} else if f.open.Owns(now, stirred, selfwrite.File{Name: c.Rel, ID: file, Gone: !there}, open[file]) {
			f.ignore(Open, c)
			continue
		}
		if change.Starts = selfwrite.At(starts, at); change.Writer == selfwrite.Unknown && f.writes != nil {
			for _, s := range signs {
				change.Writer = max(change.Writer, selfwrite.WriterOf(s.at, change.Starts, opened(s), f.watched))
			}
		}
		if c.Loaded && (change.Writer == selfwrite.ByProgram || slices.ContainsFunc(change.Starts, func(s selfwrite.Start) bool { return s.Build })) {
			made = append(made, c) // the next generation loads what the build has left, or builds anew
			continue
		}
		switch change.Writer {
		case selfwrite.ByBuild:
			f.ignore(ByBuild, c)
		case selfwrite.ByProgram:
			f.ignore(ByProgram, c)
		}
		changes = append(changes, change)
	}
	if len(made) > 0 {
		f.report.Ignored(BuildOutput, names(made))
	}
	v := f.detector.Decide(now, starts, changes)
	if f.writes != nil {
		f.writes.Watch(output || f.detector.Watch())
	}
	if fresh := unnamed(f.named, v.Delayed); len(fresh) > 0 {
		f.report.Delayed(fresh)
	}
	return v
}

// ignore reports, once for each file, that its changes are ignored.
func (f *filter) ignore(why Reason, c watch.Change) {
	f.said[c.Path] = why
	if fresh := unnamed(f.named, []string{c.Rel}); len(fresh) > 0 {
		if why == ByBuild && f.ruled(c.Path) {
			why = BuildSource
		}
		f.report.Ignored(why, fresh)
	}
}

func (f *filter) watched(s selfwrite.Start) bool { return f.writes.Watched(s.Build, s.Number) }

// sign is a file whose writing makes a change.
type sign struct {
	path string
	at   time.Time // when it changed by its own clock
}

// signsOf returns the signs of a change, the newest first: the file itself, which changed at that
// time, or the lists in a folder of packages. A folder without a list has none.
func signsOf(c watch.Change, at time.Time, folder bool) (signs []sign) {
	if !folder {
		return []sign{{c.Path, at}}
	}
	for _, list := range c.Lists {
		if info, err := os.Stat(list); err == nil {
			signs = append(signs, sign{list, watch.ChangedAt(info)})
		}
	}
	slices.SortFunc(signs, func(a, b sign) int { return b.at.Compare(a.at) })
	return signs
}

// openings returns a function that returns who has last opened a file before it changed.
// Writes forgets what it has told, and a list of packages may be in a batch twice.
func (f *filter) openings() func(sign) selfwrite.Opening {
	told := map[string]selfwrite.Opening{}
	return func(s sign) selfwrite.Opening {
		o, ok := told[s.path]
		if !ok {
			o.At, o.Build = f.writes.Opened(s.path, s.at)
			told[s.path] = o
		}
		return o
	}
}
