package changes

import (
	"fmt"
	"os"
	"path/filepath"
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
	named    map[string]bool          // folders that the user has heard of
	lines    map[Reason]int           // about them, and one that says that no more follow
	said     selfwrite.Newest[Reason] // by path: why the last ignored change was ignored
}

// mostLines bounds the lines about ignored files of one reason: a program may write into ever new folders.
const mostLines = 20

// batch returns the changes for which a generation starts.
func (f *filter) batch(st report.Status, batch []watch.Change) (ready []watch.Change) {
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
		at := now
		var file proc.FileID
		info, err := os.Stat(c.Path)
		there := err == nil
		if there {
			file, there = proc.IDOf(info)
			at = watch.ChangedAt(info)
		}
		var opening handoff.Opening
		if f.writes != nil {
			opening = f.writes.Opened(c.Path, at, there && (building[file] || open[file]))
		}
		var by Reason // "": somebody else has written it
		switch wrote := selfwrite.Wrote(at, opening); {
		case there && building[file] && !opening.Others, wrote && opening.Build:
			by = ByBuild
		case !opening.Others && f.open.Owns(now, stirred, selfwrite.File{Name: c.Rel, ID: file, Gone: !there}, open[file]):
			by = Open
		case wrote:
			by = ByProgram
		}
		change := selfwrite.Change{File: c.Rel, Starts: selfwrite.At(starts, at), Soon: now.Sub(stirred) < selfwrite.Settled}
		switch built := func(s selfwrite.Start) bool { return s.Build }; {
		case by == Open:
			f.ignore(by, c)
			continue
		case c.Loaded && slices.ContainsFunc(change.Starts, built):
			made = append(made, c) // the next generation loads what the build has left, or builds anew
			continue
		}
		loops, first := f.detector.Note(change)
		switch {
		case by != "":
			f.ignore(by, c)
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
	if f.writes != nil && f.detector.WatchBuilds {
		f.writes.WatchBuilds()
	}
	return ready
}

// ignore reports, once for each of the first folders, that changes there are ignored.
func (f *filter) ignore(why Reason, c watch.Change) {
	f.said.Set(c.Path, why)
	key := fmt.Sprint(filepath.Dir(c.Rel), why == ByBuild)
	if f.named[key] || f.lines[why] > mostLines {
		return
	}
	if f.lines[why]++; f.lines[why] > mostLines {
		f.report.IgnoredMore(why)
		return
	}
	f.named[key] = true
	f.report.Ignored(why, []string{c.Rel})
}

// names returns the files as people see them.
func names(changes []watch.Change) (files []string) {
	for _, c := range changes {
		files = append(files, c.Rel)
	}
	return files
}
