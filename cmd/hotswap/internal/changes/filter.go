package changes

import (
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// writing is how long after it has opened a file the program alone may write it. A save by others in
// that time counts as the program's.
const writing = 500 * time.Millisecond

// filter leaves out what the program or its build has written itself. The kernel tells what a build
// writes, and what a generation does once a file has changed while one started. The forwarder's
// goroutine uses it.
type filter struct {
	report Reporter
	writes *intercept.Writes // nil: the kernel does not tell who writes
	open   openFiles
	named  map[string]bool   // files that the user has heard of
	said   map[string]Reason // by path, why the last change that was ignored was
}

// batch returns the changes for which a generation starts. output: the program has loaded what a
// build has made. If that build is a part of the command, only the kernel tells its writes from
// those of a compiler beside it once the generation has failed. So the next generations are watched.
func (f *filter) batch(st report.Status, batch []watch.Change, output bool) (ready []watch.Change) {
	now := time.Now()
	var open, building map[proc.FileID]bool
	if len(batch) > 0 {
		building, open = proc.OpenForWritingBy(supervisor.BuildTitle)
	}
	var made []watch.Change
	for _, c := range batch {
		delete(f.said, c.Path)
		at := now
		var file proc.FileID
		info, err := os.Stat(c.Path)
		there := err == nil
		if there {
			file, there = proc.IDOf(info)
			at = watch.ChangedAt(info)
		}
		output = output || duringStart(st.Lives, at)
		var why Reason
		switch {
		case there && building[file]:
			why = ByBuild
		case f.open.owns(now, stirred(st.Lives), fileNow{name: c.Rel, id: file, gone: !there}, open[file]):
			f.ignore(Open, c)
			continue
		case f.writes != nil:
			why = f.writer(c.Path, at, st.Builds)
		}
		switch {
		case c.Loaded && (why == ByProgram || duringBuild(st.Builds, at)):
			made = append(made, c) // the next generation loads what the build has left, or builds anew
		case why != "":
			f.ignore(why, c)
		default:
			ready = append(ready, c)
		}
	}
	if len(made) > 0 {
		f.report.Ignored(BuildOutput, names(made))
	}
	if f.writes != nil && output {
		f.writes.Watch()
	}
	return ready
}

// writer returns ByProgram or ByBuild if the kernel tells that one of them made a change at that time.
func (f *filter) writer(path string, at time.Time, builds []report.BuildLife) Reason {
	switch opened, build := f.writes.Opened(path, at); {
	case opened.IsZero():
	case !build && at.Sub(opened) <= writing:
		return ByProgram
	case build && duringBuild(builds, at) && duringBuild(builds, opened): // for as long as it runs: gen >file
		return ByBuild
	}
	return ""
}

// ignore reports, once for each file, that its changes are ignored.
func (f *filter) ignore(why Reason, c watch.Change) {
	f.said[c.Path] = why
	if fresh := unnamed(f.named, []string{c.Rel}); len(fresh) > 0 {
		f.report.Ignored(why, fresh)
	}
}

// names returns the files as people see them.
func names(changes []watch.Change) (files []string) {
	for _, c := range changes {
		files = append(files, c.Rel)
	}
	return files
}

// unnamed returns the files of which the user has not heard, and notes them.
func unnamed(named map[string]bool, files []string) (fresh []string) {
	for _, file := range files {
		if !named[file] {
			named[file] = true
			fresh = append(fresh, file)
		}
	}
	return fresh
}
