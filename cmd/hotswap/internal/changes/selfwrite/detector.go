package selfwrite

import (
	"maps"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	// suspicious is how many builds in a row a file changes in until their writes are wanted.
	suspicious = 2
	// endless is how many starts, each right behind the other, a file changes at until such changes cause no more: a script
	// that saves as soon as each version serves has ended by then.
	endless = 60
	// gap is how far apart the numbers of two starts in a row may be: a start between may have failed early, or a build may
	// have written what was there.
	gap = 2
	// buildGap is gap for builds, of which only some run the rule that writes the file.
	buildGap = 20

	// afterServing is how long a generation may go on writing what it writes at its start.
	afterServing = 1500 * time.Millisecond
	// longestBoot is how long a program counts as starting that does not serve.
	longestBoot = 10 * time.Second
)

// Start is the start of a generation, or a build.
type Start struct {
	Build  bool
	Number int // from 1
	Began  time.Time
	Ready  time.Time // when it served, or ended. Zero: not yet
}

// covers reports whether the generation, as a part of its start, or the build may have made a change at that time.
func (s Start) covers(at time.Time) bool {
	switch {
	case at.Before(s.Began.Add(-wait.ClockLag)):
		return false
	case s.Build:
		return s.Ready.IsZero() || !at.After(s.Ready)
	case s.Ready.IsZero():
		return !at.After(s.Began.Add(longestBoot))
	}
	return !at.After(s.Ready.Add(afterServing))
}

// At returns the starts that may have made a change at that time: the newest of a generation, the newest of a build, or both
// where one follows the other. all is sorted, newest first.
func At(all []Start, at time.Time) (found []Start) {
	for _, s := range all {
		same := func(o Start) bool { return o.Build == s.Build }
		if s.covers(at) && !slices.ContainsFunc(found, same) {
			found = append(found, s)
		}
	}
	return found
}

// Change is a file that differs.
type Change struct {
	File   string
	Starts []Start // in which it may have changed, see At
	Soon   bool    // a generation has just begun, served or ended
}

// Detector finds the files that change at each start. The zero value is ready. One goroutine owns a Detector.
type Detector struct {
	WatchBuilds bool // the kernel must report what builds write from now on: a file has changed in two of them in a row
	streaks     map[key]*streak
}

type key struct {
	file  string
	build bool
}

// streak counts the starts in a row in which a file changed.
type streak struct {
	last   int // number of the last of them
	starts int
	row    int // of them, how many without a start between
}

// Note records a change. It reports whether the file causes starts for ever, and whether this is its first change at a start.
func (d *Detector) Note(c Change) (loops, first bool) {
	switch s := d.streaks[key{c.File, false}]; {
	case len(c.Starts) > 0:
	case c.Soon && s != nil && s.row > endless:
		return true, false
	default: // it changed at another time
		delete(d.streaks, key{c.File, false})
		delete(d.streaks, key{c.File, true})
	}
	for _, start := range c.Starts {
		s := d.streak(key{c.File, start.Build})
		if start.Number > s.last {
			if start.Number > s.last+1 {
				s.row = 0
			}
			s.last, first = start.Number, !start.Build
			s.starts++
			d.WatchBuilds = d.WatchBuilds || start.Build && s.starts >= suspicious
			s.row++
		}
		loops = loops || !start.Build && s.row > endless
	}
	return loops, first
}

// Forget drops the streaks that have ended. starts are the newest generations and builds.
func (d *Detector) Forget(starts []Start) {
	newest := map[bool]int{}
	for _, s := range starts {
		newest[s.Build] = max(newest[s.Build], s.Number)
	}
	maps.DeleteFunc(d.streaks, func(k key, s *streak) bool {
		if k.build {
			return s.last+buildGap < newest[true]
		}
		return s.last+gap < newest[false]
	})
}

func (d *Detector) streak(k key) *streak {
	if d.streaks == nil {
		d.streaks = map[key]*streak{}
	}
	if d.streaks[k] == nil {
		d.streaks[k] = &streak{}
	}
	return d.streaks[k]
}
