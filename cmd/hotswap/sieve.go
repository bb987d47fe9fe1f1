package main

import (
	"os"
	"path/filepath"
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
)

// sieve lets through what people changed, and keeps back what the program
// writes itself. Its notice may be called from any goroutine; the rest is the
// forwarder's.
type sieve struct {
	say   lines
	ours  string // hotswap's own folder, with a slash; "": there is none
	open  echo.Open
	judge echo.Judge
	told  map[string]bool   // files that were named as held open
	wrote *intercept.Writes // nil: nobody knows what the program writes

	mu      sync.Mutex // guards what follows
	life    echo.Life  // of the newest generation of which a notice told
	stirred time.Time  // when a notice last told of one
	nudge   chan struct{}
}

func newSieve(say lines) *sieve {
	v := &sieve{say: say, told: map[string]bool{}, nudge: make(chan struct{}, 1)}
	if dir, err := record.Home(); err == nil && dir != "" {
		v.ours = filepath.Clean(string(dir)) + string(filepath.Separator)
	}
	return v
}

// watch has those asked who know what the program writes.
func (v *sieve) watch(w *intercept.Writes) { v.wrote, v.judge.CanWatch = w, w != nil }

// by is who has changed a file in the life of that generation.
func (v *sieve) by(gen int, path string, at time.Time) echo.Writer {
	switch {
	case v.wrote == nil:
		return echo.Unknown
	case v.wrote.Wrote(path, at):
		return echo.Program
	case v.wrote.Watched(handoff.GenID(gen)):
		return echo.Others
	}
	return echo.Unknown
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

// batch judges a batch of the watcher.
func (v *sieve) batch(st supervisor.Status, b watch.Batch) echo.Verdict {
	now := time.Now()
	life, stirred := v.newest(st)
	var changes []echo.Change
	open := openFiles()
	for _, c := range b.Changes {
		if v.ours != "" && strings.HasPrefix(c.Path, v.ours) {
			continue // records of running hotswaps, this one's among them
		}
		f, at := echo.File{Name: c.Rel, Gone: true}, now
		if info, err := os.Stat(c.Path); err == nil {
			id, ok := proc.IDOf(info)
			f.Gone, f.ID, at = !ok, echo.ID(id), watch.ChangedAt(info)
		}
		if v.open.Owns(now, stirred, f, open) {
			if !v.told[c.Rel] {
				v.told[c.Rel] = true
				v.say.own(c.Rel)
			}
			continue
		}
		changes = append(changes, echo.Change{File: c.Rel, At: at, By: v.by(life.Gen, c.Path, at)})
	}
	verdict := v.judge.Batch(now, life, changes)
	if v.wrote != nil {
		v.wrote.Watch(v.judge.Suspects())
	}
	v.say.echo(verdict)
	return verdict
}

// due is what was kept back and is to be kept no longer.
func (v *sieve) due(st supervisor.Status) echo.Verdict {
	life, _ := v.newest(st)
	return v.judge.Due(time.Now(), life)
}

// openFiles are those that a process below this one has open for writing.
func openFiles() map[echo.ID]bool {
	out := map[echo.ID]bool{}
	for id := range proc.OpenForWriting(os.Getpid()) {
		out[echo.ID(id)] = true
	}
	return out
}
