package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/echo"
	"github.com/hotswap-dev/hotswap/watch/output"
)

// sieve lets through what people changed, and keeps back what the program
// writes itself. Its notice may be called from any goroutine; the rest is the
// forwarder's.
type sieve struct {
	say       lines
	ours      string        // hotswap's own folder, with a slash; "": there is none
	settles   time.Duration // how long a change may take to come in a batch
	open      echo.Open
	judge     echo.Judge
	told      map[string]bool   // files that were named as held open
	early     uint64            // the newest announcement
	earlyOpen map[echo.ID]bool  // the files that were open then
	wrote     *intercept.Writes // nil: nobody knows what the program writes
	made      output.Book       // when builds ran
	built     echo.Judge        // of what changed then

	mu      sync.Mutex // guards what follows
	life    echo.Life  // of the newest generation of which a notice told
	stirred time.Time  // when a notice last told of one
	build   echo.Life  // of the newest build, which has no Served while it runs
	builds  []func(*output.Book)
	nudge   chan struct{}
}

func newSieve(o options, say lines) *sieve {
	v := &sieve{say: say, settles: o.maxWait, told: map[string]bool{}, built: echo.Judge{Trials: echo.BuildTrials}, judge: echo.Judge{Built: len(o.build) > 0}, nudge: make(chan struct{}, 1)}
	if dir, err := record.Home(); err == nil && dir != "" {
		v.ours = filepath.Clean(string(dir)) + string(filepath.Separator)
	}
	return v
}

// watch has those asked who know what the program writes.
func (v *sieve) watch(w *intercept.Writes) { v.wrote, v.judge.CanWatch = w, w != nil }

// by tells who has changed a file in the life of that generation, and when: at, unless
// the file is a folder of packages. An installer writes a list in that folder. Where there
// is no list, nothing tells who has written the packages. asked is for one batch: a list
// may be in it by itself, and Wrote forgets what it has told.
func (v *sieve) by(gen int, c watch.Change, at time.Time, asked map[string]bool) (echo.Writer, time.Time) {
	ask := func(path string, at time.Time) bool {
		if _, ok := asked[path]; !ok {
			asked[path] = v.wrote != nil && v.wrote.Wrote(path, at)
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
		return echo.Program, at
	case v.wrote != nil && known && v.wrote.Watched(handoff.GenID(gen)):
		return echo.Others, at
	}
	return echo.Unknown, at
}

// notice keeps the books of generations' lives, then passes n on.
func (v *sieve) notice(tell func(any)) func(any) {
	return func(n any) {
		v.note(time.Now(), n)
		tell(n)
	}
}

func (v *sieve) note(now time.Time, n any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	newer := func(l echo.Life) {
		if l.Gen >= v.life.Gen {
			v.life = l
		}
	}
	switch n := n.(type) {
	case supervisor.NoticeBuilding:
		v.build = echo.Life{Gen: n.Build, Began: now}
		v.builds = append(v.builds, func(b *output.Book) { b.Began(now) })
		return
	case supervisor.NoticeBuilt:
		v.buildEndedLocked(now, !n.Ended)
		return
	case supervisor.NoticeBuildFailed:
		v.buildEndedLocked(now, false)
		return
	case supervisor.NoticeServing:
		newer(echo.Life{Gen: int(n.Gen), Began: now.Add(-n.Boot), Served: now})
	case supervisor.NoticeFailed:
		newer(echo.Life{Gen: int(n.Gen), Began: now.Add(-n.After), Ended: now})
	case supervisor.NoticeFinished:
		newer(echo.Life{Gen: int(n.Gen), Began: now.Add(-n.Took), Ended: now})
	case supervisor.NoticeCrashed, supervisor.NoticeDrained:
	default:
		return
	}
	v.stirred = now
	v.stirLocked()
}

// buildEndedLocked notes the end of a build.
func (v *sieve) buildEndedLocked(now time.Time, succeeded bool) {
	v.build.Served = now
	v.builds = append(v.builds, func(b *output.Book) { b.Ended(now, succeeded) })
	v.stirLocked()
}

// stirLocked has what was kept back looked at anew.
func (v *sieve) stirLocked() {
	select {
	case v.nudge <- struct{}{}:
	default:
	}
}

// newest is the life of the newest generation; one that boots is known by the
// status only.
func (v *sieve) newest(st supervisor.Status) (echo.Life, time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	l := v.life
	for _, g := range st.Generations {
		if int(g.ID) > l.Gen {
			l = echo.Life{Gen: int(g.ID), Began: g.Started}
		}
	}
	return l, v.stirred
}

// newestBuild is the life of the newest build, which ends now if it runs; what is
// known of builds is in the book then.
func (v *sieve) newestBuild(now time.Time) echo.Life {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, tell := range v.builds {
		tell(&v.made)
	}
	v.builds = nil
	l := v.build
	if l.Served.IsZero() && !l.Began.IsZero() {
		l.Served = now
	}
	return l
}

// batch judges a batch of the watcher.
func (v *sieve) batch(st supervisor.Status, b watch.Batch) echo.Verdict {
	now := time.Now()
	life, stirred := v.newest(st)
	var changes []output.Change
	var during, others []echo.Change
	names, writers := map[string]string{}, map[string]echo.Writer{}
	asked := map[string]bool{}
	var writes []string // by the build, at this moment
	open, builds := v.openFor(b)
	for _, c := range b.Changes {
		if v.ours != "" && strings.HasPrefix(c.Path, v.ours) {
			continue // records of running hotswaps, this one's among them
		}
		f, at := echo.File{Name: c.Rel, Gone: true}, now
		if info, err := os.Stat(c.Path); err == nil {
			id, ok := proc.IDOf(info)
			f.Gone, f.ID, at = !ok, echo.ID(id), watch.ChangedAt(info)
		}
		if !f.Gone && builds[f.ID] {
			writes = append(writes, c.Rel)
			continue
		}
		if v.open.Owns(now, stirred, f, open) {
			if !v.told[c.Rel] {
				v.told[c.Rel] = true
				v.say.own(c.Rel)
			}
			continue
		}
		by, at := v.by(life.Gen, c, at, asked)
		if by == echo.Program {
			others = append(others, echo.Change{File: c.Rel, At: at, By: by})
			continue
		}
		names[c.Path], writers[c.Path] = c.Rel, by
		changes = append(changes, output.Change{File: c.Path, At: at, Loaded: c.Loaded})
	}
	build := v.newestBuild(now)
	foreign, own, learned := v.made.Sift(now.Add(-v.settles), changes, changedAt)
	v.say.buildWrites(called(learned, names))
	v.say.passedOver("the build writes it", append(writes, called(filesOf(own), names)...))
	for _, c := range foreign {
		if v.made.During(c.At) { // the build is not watched
			during = append(during, echo.Change{File: names[c.File], At: c.At})
		} else {
			others = append(others, echo.Change{File: names[c.File], At: c.At, By: writers[c.File]})
		}
	}
	verdict := v.judge.Batch(now, life, others)
	if v.wrote != nil {
		v.wrote.Watch(v.judge.Suspects())
	}
	v.say.echo(verdict)
	built := v.built.Batch(now, build, during)
	v.say.buildEcho(built)
	return both(verdict, built)
}

// due is what was kept back and is to be kept no longer.
func (v *sieve) due(st supervisor.Status) echo.Verdict {
	now := time.Now()
	life, _ := v.newest(st)
	return both(v.judge.Due(now, life), v.built.Due(now, v.newestBuild(now)))
}

// both is what two verdicts say together to react to, and when.
func both(a, b echo.Verdict) echo.Verdict {
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

func filesOf(changes []output.Change) []string {
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
func (v *sieve) announced(number uint64) { v.early, v.earlyOpen = number, openFiles() }

// openFor are the files that the program has open, and those that a build has. Since
// a batch was announced nobody has written into its own.
func (v *sieve) openFor(b watch.Batch) (open, builds map[echo.ID]bool) {
	switch {
	case b.Announced != 0 && b.Announced == v.early:
		return v.earlyOpen, nil
	case v.hasBuilt():
		built, others := proc.OpenForWritingBy(supervisor.BuildTitle)
		return idsOf(others), idsOf(built)
	}
	return openFiles(), nil
}

func (v *sieve) hasBuilt() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.build.Gen > 0
}

// openFiles are those that a process below this one has open for writing.
func openFiles() map[echo.ID]bool { return idsOf(proc.OpenForWriting(os.Getpid())) }

func idsOf(files map[proc.FileID]bool) map[echo.ID]bool {
	out := map[echo.ID]bool{}
	for id := range files {
		out[echo.ID(id)] = true
	}
	return out
}
