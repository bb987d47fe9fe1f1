package changes

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/watch"
)

// filter leaves out what the program or its build has written itself. The forwarder's
// goroutine uses it.
type filter struct {
	report   Reporter
	ruled    func(path string) bool // a rule is about the file
	ours     []string               // hotswap's own folders, with a slash at the end
	writes   *intercept.Writes      // nil: the kernel does not tell what the program writes
	open     selfwrite.Open
	detector selfwrite.Detector
	named    map[string]bool   // files that the user has heard of
	said     map[string]Reason // by path, why the last change that was ignored was
}

// batch decides about the changes of a batch, which may be empty, and about those delayed. output:
// the program has loaded what a build has made. If that build is a part of the command, only the kernel
// tells its writes from those of a compiler beside it once the generation has failed. So the next
// generations are watched.
func (f *filter) batch(st supervisor.Status, b watch.Batch, output bool) selfwrite.Verdict {
	now := time.Now()
	starts, stirred := startsOf(st)
	var open, building map[selfwrite.ID]bool
	if len(b.Changes) > 0 {
		open, building = openFiles()
	}
	opened := f.openings()
	var changes []selfwrite.Change
	var made []string
	for _, c := range b.Changes {
		if slices.ContainsFunc(f.ours, func(own string) bool { return strings.HasPrefix(c.Path, own) }) {
			continue // written by running hotswaps, this one among them
		}
		delete(f.said, c.Path)
		file, at := selfwrite.File{Name: c.Rel, Gone: true}, now
		if info, err := os.Stat(c.Path); err == nil {
			id, ok := proc.IDOf(info)
			file.Gone, file.ID, at = !ok, selfwrite.ID(id), changedAt(c, info)
		}
		change := selfwrite.Change{File: c.Rel}
		switch {
		case !file.Gone && building[file.ID]:
			change.Writer = selfwrite.ByBuild
		case f.open.Owns(now, stirred, file, open):
			f.ignore(Open, c)
			continue
		}
		if change.Starts = selfwrite.At(starts, at); change.Writer == selfwrite.Unknown {
			change.Writer = f.writerOf(c, at, change.Starts, opened)
		}
		if c.Loaded && (change.Writer == selfwrite.ByProgram || slices.ContainsFunc(change.Starts, func(s selfwrite.Start) bool { return s.Build })) {
			made = append(made, c.Rel) // the next generation loads what the build has left, or builds anew
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
		f.report.Ignored(BuildOutput, made)
	}
	v := f.detector.Decide(now, starts, changes)
	if f.writes != nil {
		f.writes.Watch(output || f.detector.Watch())
	}
	if fresh := f.unnamed(v.Delayed); len(fresh) > 0 {
		f.report.Delayed(fresh)
	}
	return v
}

// ignore reports, once for each file, that its changes are ignored.
func (f *filter) ignore(why Reason, c watch.Change) {
	f.said[c.Path] = why
	if fresh := f.unnamed([]string{c.Rel}); len(fresh) > 0 {
		if why == ByBuild && f.ruled != nil && f.ruled(c.Path) {
			why = BuildSource
		}
		f.report.Ignored(why, fresh)
	}
}

func (f *filter) unnamed(files []string) (fresh []string) {
	for _, file := range files {
		if !f.named[file] {
			f.named[file] = true
			fresh = append(fresh, file)
		}
	}
	return fresh
}

// writerOf returns who has changed a file, as far as the kernel tells. In a folder of
// packages an installer writes a list. Without a list nothing tells the writer.
func (f *filter) writerOf(c watch.Change, at time.Time, starts []selfwrite.Start, opened func(string, time.Time) selfwrite.Opening) selfwrite.Writer {
	if f.writes == nil {
		return selfwrite.Unknown
	}
	watched := func(s selfwrite.Start) bool { return f.writes.Watched(s.Build, s.Number) }
	if info, err := os.Stat(c.Path); err != nil || !info.IsDir() {
		return selfwrite.WriterOf(at, starts, opened(c.Path, at), watched)
	}
	writer := selfwrite.Unknown
	for _, list := range c.Lists {
		if info, err := os.Stat(list); err == nil {
			at := watch.ChangedAt(info)
			writer = max(writer, selfwrite.WriterOf(at, starts, opened(list, at), watched))
		}
	}
	return writer
}

// changedAt returns when a file changed by its own clock; for a folder of packages, when
// an installer last wrote a list, if there is one.
func changedAt(c watch.Change, info fs.FileInfo) time.Time {
	var last time.Time
	for _, list := range c.Lists {
		if info, err := os.Stat(list); err == nil && watch.ChangedAt(info).After(last) {
			last = watch.ChangedAt(info)
		}
	}
	if last.IsZero() {
		return watch.ChangedAt(info)
	}
	return last
}

// openings returns a function that returns who has last opened a file before it changed.
// Writes forgets what it has told, and a list of packages may be in a batch twice.
func (f *filter) openings() func(path string, at time.Time) selfwrite.Opening {
	told := map[string]selfwrite.Opening{}
	return func(path string, at time.Time) selfwrite.Opening {
		if _, ok := told[path]; !ok {
			var o selfwrite.Opening
			o.At, o.Build = f.writes.Opened(path, at)
			told[path] = o
		}
		return told[path]
	}
}

// openFiles are the files that the program has open for writing, and those that a build
// has.
func openFiles() (program, build map[selfwrite.ID]bool) {
	built, others := proc.OpenForWritingBy(supervisor.BuildTitle)
	return idsOf(others), idsOf(built)
}

func idsOf(files map[proc.FileID]bool) map[selfwrite.ID]bool {
	out := map[selfwrite.ID]bool{}
	for id := range files {
		out[selfwrite.ID(id)] = true
	}
	return out
}
