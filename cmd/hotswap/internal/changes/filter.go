package changes

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// most is how many files that builds have changed are remembered: a build may write ever new ones.
const most = 5000

// filter drops what the program or its build has written. The forwarder's goroutine owns the filter.
type filter struct {
	report Reporter
	writes handoff.Writes // nil: the kernel does not tell what the program writes
	// by file that has changed in a build, and since then at no other time: the number of the build
	built map[string]int
	named map[string]bool // folders that the user has heard of
	same  string          // the only file of the newest batch that counted; "": there were more
	row   int             // of how many such batches
	at    time.Time       // of the newest

	ignored atomic.Pointer[ignored] // nil: nothing was
}

func newFilter(r Reporter) *filter {
	return &filter{report: r, built: map[string]int{}, named: map[string]bool{}}
}

// mostLines bounds the lines about ignored files: a program may write into ever new folders.
const mostLines = 20

// batch returns the changes that somebody else has made.
func (f *filter) batch(st report.Status, batch []watch.Change) (others []watch.Change) {
	var made []watch.Change
	for _, c := range batch {
		why, build := f.look(st, c)
		switch why {
		case BuildOutput:
			made = append(made, c)
			continue
		case "":
			others = append(others, c)
		default:
			f.ignore(why, c)
			f.remember(st, why, []watch.Change{c})
		}
		f.note(c.Path, build)
	}
	if len(made) > 0 {
		f.report.Ignored(BuildOutput, names(made))
	}
	return others
}

// inARow is after how many batches of one file a program may be the author.
const inARow = 3

// loops returns the only file of so many batches that count, in a row, each within a minute of the one before, if
// nobody has asked the program for anything before the last one, as far as the kernel remembers (a minute); else "".
func (f *filter) loops(others []watch.Change, now time.Time, asked func() bool) string {
	file := ""
	if len(others) == 1 {
		file = others[0].Rel
	}
	if file != f.same || now.Sub(f.at) > time.Minute || f.row == inARow-1 && asked() {
		f.row = 0
	}
	f.same, f.at = file, now
	f.row++
	if f.row != inARow {
		return ""
	}
	return file
}

// note has the kernel report what builds write, from now on, if a file has changed in two of them in a row.
func (f *filter) note(path string, build int) {
	last := f.built[path]
	delete(f.built, path)
	if build == 0 || f.writes == nil {
		return
	}
	if last > 0 && last < build {
		f.writes.WatchBuilds()
	}
	if len(f.built) < most {
		f.built[path] = build
	}
}

// buildAt returns the newest build that may have made a change at that time; the number 0: none has.
func buildAt(builds []report.BuildLife, at time.Time) report.BuildLife {
	for _, b := range slices.Backward(builds) {
		if !at.Before(b.Began.Add(-wait.ClockLag)) && (b.Ended.IsZero() || !at.After(b.Ended)) {
			return b
		}
	}
	return report.BuildLife{}
}

// ignore reports, once for each of the first folders, that changes there are ignored.
func (f *filter) ignore(why Reason, c watch.Change) {
	key := fmt.Sprint(filepath.Dir(c.Rel), why == ByBuild)
	if f.named[key] || len(f.named) >= mostLines {
		return
	}
	f.named[key] = true
	f.report.Ignored(why, []string{c.Rel})
}

func names(changes []watch.Change) (files []string) {
	for _, c := range changes {
		files = append(files, c.Rel)
	}
	return files
}
