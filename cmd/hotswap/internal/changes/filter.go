package changes

import (
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// filter drops what the program or its build has written. The forwarder's goroutine owns the filter.
type filter struct {
	report   Reporter
	writes   handoff.Writes // nil: the kernel does not tell what the program writes
	open     selfwrite.Open
	detector selfwrite.Detector
	named    map[string]bool          // files that the user has heard of
	lines    map[Reason]int           // about them, and one that says that no more follow
	said     selfwrite.Newest[Reason] // by path: why the last ignored change was ignored
}

// mostLines bounds the lines about ignored files of one reason: a program may write ever new files.
const mostLines = 20

// batch returns the changes for which a generation starts. output says that the program has loaded what a build made. If that
// build is a part of the command and the generation has failed, only the kernel can tell the build's writes from those of a
// compiler beside it. So the kernel reports the writes of the next generations.
func (f *filter) batch(st report.Status, batch []watch.Change, output bool) (ready []watch.Change) {
	now := time.Now()
	starts, stirred := startsOf(st)
	f.detector.Forget(starts)
	var open, building map[proc.FileID]bool
	if len(batch) > 0 {
		building, open = proc.OpenForWritingBy(supervisor.BuildTitle)
	}
	var made []watch.Change
	for _, c := range batch {
		f.said.Delete(c.Path)
		change, at := selfwrite.Change{File: c.Rel, Soon: now.Sub(stirred) < selfwrite.Settled}, now
		var file proc.FileID
		info, err := os.Stat(c.Path)
		there := err == nil
		if there {
			file, there = proc.IDOf(info)
			at = watch.ChangedAt(info)
		}
		if there && building[file] {
			change.Writer = selfwrite.ByBuild
		} else if f.open.Owns(now, stirred, selfwrite.File{Name: c.Rel, ID: file, Gone: !there}, open[file]) {
			f.ignore(Open, c)
			continue
		}
		if change.Starts = selfwrite.At(starts, at); change.Writer == selfwrite.Unknown && f.writes != nil {
			var o selfwrite.Opening
			o.At, o.Build = f.writes.Opened(c.Path, at)
			change.Writer = selfwrite.WriterOf(at, change.Starts, o, f.watched)
		}
		if c.Loaded && (change.Writer == selfwrite.ByProgram || slices.ContainsFunc(change.Starts, func(s selfwrite.Start) bool { return s.Build })) {
			made = append(made, c) // the next generation loads what the build has left, or builds anew
			continue
		}
		loops, first := f.detector.Note(change)
		switch {
		case change.Writer == selfwrite.ByBuild:
			f.ignore(ByBuild, c)
		case change.Writer == selfwrite.ByProgram:
			f.ignore(ByProgram, c)
		case loops:
			if f.said.Set(c.Path, Loop); first {
				f.report.Ignored(Loop, []string{c.Rel})
			}
		default:
			ready = append(ready, c)
		}
	}
	if len(made) > 0 {
		f.report.Ignored(BuildOutput, names(made))
	}
	if f.writes != nil {
		f.writes.Watch(output || f.detector.Watch())
	}
	return ready
}

// ignore reports, once for each of the first files, that its changes are ignored.
func (f *filter) ignore(why Reason, c watch.Change) {
	f.said.Set(c.Path, why)
	if f.named[c.Rel] || f.lines[why] > mostLines {
		return
	}
	if f.lines[why]++; f.lines[why] > mostLines {
		f.report.IgnoredMore(why)
		return
	}
	f.named[c.Rel] = true
	f.report.Ignored(why, []string{c.Rel})
}

func (f *filter) watched(s selfwrite.Start) bool { return f.writes.Watched(s.Build, s.Number) }

// names returns the files as people see them.
func names(changes []watch.Change) (files []string) {
	for _, c := range changes {
		files = append(files, c.Rel)
	}
	return files
}
