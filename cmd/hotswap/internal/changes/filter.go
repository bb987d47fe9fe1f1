package changes

import (
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/builds"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/watch"
)

// filter lets through what people changed, and keeps back what the program
// writes itself. Its notice may be called from any goroutine; the rest is the
// forwarder's.
type filter struct {
	report    Reporter
	ours      string        // hotswap's own folder, with a slash; "": there is none
	settles   time.Duration // how long a change may take to come in a batch
	open      selfwrite.Open
	judge     selfwrite.Judge
	told      map[string]bool       // files that were named as held open
	early     uint64                // the newest announcement
	earlyOpen map[selfwrite.ID]bool // the files that were open then
	wrote     *intercept.Writes     // nil: nobody knows what the program writes
	made      builds.Book           // when builds ran
	built     selfwrite.Judge       // of what changed then

	mu      sync.Mutex     // guards what follows
	life    selfwrite.Life // of the newest generation of which a notice told
	stirred time.Time      // when a notice last told of one
	build   selfwrite.Life // of the newest build, which has no Served while it runs
	builds  []func(*builds.Book)
	nudge   chan struct{}
}

// newFilter makes a filter. own is hotswap's own folder, with a slash at its end; "":
// there is none.
func newFilter(cfg Config, own string) *filter {
	return &filter{
		report: cfg.Report, ours: own, settles: cfg.MaxWait, told: map[string]bool{}, nudge: make(chan struct{}, 1),
		built: selfwrite.Judge{Trials: selfwrite.BuildTrials}, judge: selfwrite.Judge{Built: len(cfg.Builds) > 0},
	}
}

// watch has those asked who know what the program writes.
func (f *filter) watch(w *intercept.Writes) { f.wrote, f.judge.CanWatch = w, w != nil }

// by tells who has changed a file in the life of that generation, and when: at, unless
// the file is a folder of packages. An installer writes a list in that folder. Where there
// is no list, nothing tells who has written the packages. asked is for one batch: a list
// may be in it by itself, and Wrote forgets what it has told.
func (f *filter) by(gen int, c watch.Change, at time.Time, asked map[string]bool) (selfwrite.Writer, time.Time) {
	ask := func(path string, at time.Time) bool {
		if _, ok := asked[path]; !ok {
			asked[path] = f.wrote != nil && f.wrote.Wrote(path, at)
		}
		return asked[path]
	}
	known, wrote := true, ask(c.Path, at)
	if info, err := os.Stat(c.Path); err == nil && info.IsDir() {
		known = false
		for _, list := range c.Lists {
			changed := changedAt(list)
			if changed.IsZero() {
				continue
			}
			if !known || changed.After(at) {
				at = changed
			}
			known, wrote = true, ask(list, changed) || wrote
		}
	}
	switch {
	case wrote:
		return selfwrite.Program, at
	case f.wrote != nil && known && f.wrote.Watched(handoff.GenID(gen)):
		return selfwrite.Others, at
	}
	return selfwrite.Unknown, at
}

// note keeps the lives of generations and builds.
func (f *filter) note(now time.Time, n supervisor.Notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	newer := func(l selfwrite.Life) {
		if l.Gen >= f.life.Gen {
			f.life = l
		}
	}
	switch n := n.(type) {
	case supervisor.NoticeBuilding:
		f.build = selfwrite.Life{Gen: n.Build, Began: now}
		f.builds = append(f.builds, func(b *builds.Book) { b.Began(now) })
		return
	case supervisor.NoticeBuilt:
		f.buildEndedLocked(now, !n.Ended)
		return
	case supervisor.NoticeBuildFailed:
		f.buildEndedLocked(now, false)
		return
	case supervisor.NoticeServing:
		newer(selfwrite.Life{Gen: int(n.Gen), Began: now.Add(-n.Boot), Served: now})
	case supervisor.NoticeFailed:
		newer(selfwrite.Life{Gen: int(n.Gen), Began: now.Add(-n.After), Ended: now})
	case supervisor.NoticeFinished:
		newer(selfwrite.Life{Gen: int(n.Gen), Began: now.Add(-n.Took), Ended: now})
	case supervisor.NoticeCrashed, supervisor.NoticeDrained:
	default:
		return
	}
	f.stirred = now
	f.stirLocked()
}

// buildEndedLocked notes the end of a build.
func (f *filter) buildEndedLocked(now time.Time, succeeded bool) {
	f.build.Served = now
	f.builds = append(f.builds, func(b *builds.Book) { b.Ended(now, succeeded) })
	f.stirLocked()
}

// stirLocked has what was kept back looked at anew.
func (f *filter) stirLocked() {
	select {
	case f.nudge <- struct{}{}:
	default:
	}
}

// newest is the life of the newest generation; one that boots is known by the
// status only.
func (f *filter) newest(st supervisor.Status) (selfwrite.Life, time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.life
	for _, g := range st.Generations {
		if int(g.ID) > l.Gen {
			l = selfwrite.Life{Gen: int(g.ID), Began: g.Started}
		}
	}
	return l, f.stirred
}

// newestBuild is the life of the newest build, which ends now if it runs; what is
// known of builds is in the book then.
func (f *filter) newestBuild(now time.Time) selfwrite.Life {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, tell := range f.builds {
		tell(&f.made)
	}
	f.builds = nil
	l := f.build
	if l.Served.IsZero() && !l.Began.IsZero() {
		l.Served = now
	}
	return l
}

// batch judges a batch of the watcher.
func (f *filter) batch(st supervisor.Status, b watch.Batch) selfwrite.Verdict {
	now := time.Now()
	life, stirred := f.newest(st)
	var changes []builds.Change
	var during, others []selfwrite.Change
	names, writers := map[string]string{}, map[string]selfwrite.Writer{}
	asked := map[string]bool{}
	var writes []string // by the build, at this moment
	open, building := f.openFor(b)
	for _, c := range b.Changes {
		if f.ours != "" && strings.HasPrefix(c.Path, f.ours) {
			continue // records of running hotswaps, this one's among them
		}
		file, at := selfwrite.File{Name: c.Rel, Gone: true}, now
		if info, err := os.Stat(c.Path); err == nil {
			id, ok := proc.IDOf(info)
			file.Gone, file.ID, at = !ok, selfwrite.ID(id), watch.ChangedAt(info)
		}
		if !file.Gone && building[file.ID] {
			writes = append(writes, c.Rel)
			continue
		}
		if f.open.Owns(now, stirred, file, open) {
			if !f.told[c.Rel] {
				f.told[c.Rel] = true
				f.report.Open(c.Rel)
			}
			continue
		}
		by, at := f.by(life.Gen, c, at, asked)
		if by == selfwrite.Program {
			others = append(others, selfwrite.Change{File: c.Rel, At: at, By: by})
			continue
		}
		names[c.Path], writers[c.Path] = c.Rel, by
		changes = append(changes, builds.Change{File: c.Path, At: at, Loaded: c.Loaded})
	}
	build := f.newestBuild(now)
	foreign, own, learned := f.made.Sift(now.Add(-f.settles), changes, changedAt)
	f.report.BuildWrites(called(learned, names))
	f.report.PassedOver("the build writes it", append(writes, called(filesOf(own), names)...))
	for _, c := range foreign {
		if f.made.During(c.At) { // the build is not watched
			during = append(during, selfwrite.Change{File: names[c.File], At: c.At})
		} else {
			others = append(others, selfwrite.Change{File: names[c.File], At: c.At, By: writers[c.File]})
		}
	}
	verdict := f.judge.Batch(now, life, others)
	if f.wrote != nil {
		f.wrote.Watch(f.judge.Suspects())
	}
	f.report.StartWrites(verdict)
	built := f.built.Batch(now, build, during)
	f.report.BuildChanges(built)
	return both(verdict, built)
}

// due is what was kept back and is to be kept no longer.
func (f *filter) due(st supervisor.Status) selfwrite.Verdict {
	now := time.Now()
	life, _ := f.newest(st)
	return both(f.judge.Due(now, life), f.built.Due(now, f.newestBuild(now)))
}

// both is what two verdicts say together to react to, and when.
func both(a, b selfwrite.Verdict) selfwrite.Verdict {
	a.React = slices.Compact(slices.Sorted(slices.Values(append(a.React, b.React...))))
	if a.Again.IsZero() || !b.Again.IsZero() && b.Again.Before(a.Again) {
		a.Again = b.Again
	}
	return a
}

// changedAt is when a file was last written; zero: it is gone.
func changedAt(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return watch.ChangedAt(info)
}

func filesOf(changes []builds.Change) []string {
	files := make([]string, len(changes))
	for i, c := range changes {
		files[i] = c.File
	}
	return files
}

// called are files by the names that people know.
func called(files []string, names map[string]string) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = names[f]
	}
	return out
}

// announced looks already now which files are open, as a batch is likely to come:
// it means to look through all processes, and takes some milliseconds.
func (f *filter) announced(number uint64) { f.early, f.earlyOpen = number, openFiles() }

// openFor are the files that the program has open, and those that a build has. Since
// a batch was announced nobody has written into its own.
func (f *filter) openFor(b watch.Batch) (open, builds map[selfwrite.ID]bool) {
	switch {
	case b.Announced != 0 && b.Announced == f.early:
		return f.earlyOpen, nil
	case f.hasBuilt():
		built, others := proc.OpenForWritingBy(supervisor.BuildTitle)
		return idsOf(others), idsOf(built)
	}
	return openFiles(), nil
}

func (f *filter) hasBuilt() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.build.Gen > 0
}

// openFiles are those that a process below this one has open for writing.
func openFiles() map[selfwrite.ID]bool { return idsOf(proc.OpenForWriting(os.Getpid())) }

func idsOf(files map[proc.FileID]bool) map[selfwrite.ID]bool {
	out := map[selfwrite.ID]bool{}
	for id := range files {
		out[selfwrite.ID(id)] = true
	}
	return out
}
