package selfwrite

import (
	"maps"
	"slices"
	"time"
)

// Change is a file that differs, and when it did: by its own clock if it has
// one.
type Change struct {
	File string
	At   time.Time
	By   Writer
}

// Writer is who has changed a file, as far as is known.
type Writer uint8

// The zero value is that of a program that is not watched.
const (
	Unknown Writer = iota
	Program        // a process of the program
	Others         // none of them
)

func by(w Writer) func(Change) bool { return func(c Change) bool { return c.By == w } }

// Verdict is what is to be done about a batch.
type Verdict struct {
	React []string  // start a fresh generation for these files, sorted; none: nothing to do
	Again time.Time // call Due then, and when the newest generation's life goes on; zero: no need
	Echo  []string  // files that are known as echoes from now on, told once each
	Slow  []string  // files that are held back for longer and longer, told once each
}

// BuildTrials is for builds: they take so long that people save while they run, and
// one experiment is soon spoilt by that.
const BuildTrials = 4

// Judge tells echoes from changes that people make. The zero value is ready;
// one goroutine uses it.
type Judge struct {
	// CanWatch says that generations can be watched, so that it becomes known who
	// writes when Suspects says so.
	CanWatch bool
	// Trials is how many starts in a row without a save must show the same change
	// until it is taken for an echo where nobody can tell; 0: one. See BuildTrials.
	Trials int
	// Built says that generations run what was built: one that replaces another after
	// a crash has begun after a change, and does not have it.
	Built bool

	row   row
	own   map[string]*habit
	held  map[string]bool
	gen   int           // in whose life they are held
	pause time.Duration // how much longer than its boot
	named map[string]bool
}

// Batch judges a batch that has come now, in the life of the newest generation.
func (j *Judge) Batch(now time.Time, l Life, changes []Change) Verdict {
	j.outdated(l)
	rest, last := j.foreign(l, changes)
	switch {
	case len(rest) == 0:
		return j.Due(now, l)
	case slices.ContainsFunc(rest, func(c Change) bool { return l.outlasts(c.At) }):
		j.row = row{} // somebody works
		return j.release(rest)
	case slices.ContainsFunc(rest, func(c Change) bool { return !l.covers(c.At) }):
		// From before the newest began, but noticed late: on a busy machine, the
		// end of a write of which the beginning has been a batch of its own.
		return j.release(rest)
	case j.row.rounds > 0 && j.row.gen == l.Gen: // more of the same round
		if len(j.held) == 0 || slices.ContainsFunc(rest, by(Others)) {
			return j.release(rest)
		}
		if j.row.early && !l.early(last) {
			j.row.early = false // not of the boot that was waited for
			return j.release(rest)
		}
		j.keep(l, rest, j.pause)
		return j.Due(now, l)
	}
	if slices.ContainsFunc(rest, by(Others)) && j.row.another(l, rest) {
		return j.release(rest)
	}
	j.row.count(l, rest, last)
	switch c, pause := j.row.judge(j.CanWatch, max(1, j.Trials)); c {
	case known:
		if j.own == nil {
			j.own = map[string]*habit{}
		}
		for f := range j.row.files {
			j.own[f] = newHabit(l.Gen, j.row.delays)
		}
		v := j.Due(now, l)
		v.Echo = j.name(slices.Sorted(maps.Keys(j.row.files)))
		j.row = row{}
		return v
	case hold:
		j.keep(l, rest, pause)
		v := j.Due(now, l)
		if pause > 0 {
			v.Slow = j.name(files(rest))
		}
		return v
	}
	return j.release(rest)
}

// Due gives what was held and is to be held no longer.
func (j *Judge) Due(now time.Time, l Life) Verdict {
	j.outdated(l)
	if len(j.held) == 0 {
		return Verdict{}
	}
	if due := l.until().Add(j.pause); now.Before(due) {
		return Verdict{Again: due}
	}
	j.row.trials++
	return j.release(nil)
}

// Suspects tells whether generations that begin from now on are to be watched.
func (j *Judge) Suspects() bool { return len(j.own) > 0 || j.row.rounds >= suspicious }

// outdated forgets what was held when a newer generation has begun: it began
// after the change. Where that is not enough to have it, it may be reacted to in vain.
func (j *Judge) outdated(l Life) {
	if l.Gen > j.gen && !j.Built {
		j.held = nil
	}
}

// foreign are the changes that are not known echoes, and the time of the last.
func (j *Judge) foreign(l Life, changes []Change) (rest []Change, last time.Time) {
	for _, c := range changes {
		if h := j.own[c.File]; h != nil {
			switch {
			case l.Gen > h.gen+oblivion:
				delete(j.own, c.File)
			case c.By == Program && l.early(c.At):
				h.gen = l.Gen
				continue
			case c.By != Others && l.covers(c.At) && h.repeated(l.Gen, c.At.Sub(l.Began)):
				continue
			}
		}
		rest = append(rest, c)
		if c.At.After(last) {
			last = c.At
		}
	}
	return rest, last
}

func (j *Judge) keep(l Life, changes []Change, pause time.Duration) {
	if j.held == nil {
		j.held = map[string]bool{}
	}
	for _, c := range changes {
		j.held[c.File] = true
	}
	j.gen, j.pause = l.Gen, pause
}

// release gives these and all that is held.
func (j *Judge) release(changes []Change) Verdict {
	all := j.held
	if all == nil {
		all = map[string]bool{}
	}
	for _, c := range changes {
		all[c.File] = true
	}
	j.held = nil
	return Verdict{React: slices.Sorted(maps.Keys(all))}
}

// name are those that were not named before.
func (j *Judge) name(files []string) []string {
	if j.named == nil {
		j.named = map[string]bool{}
	}
	var out []string
	for _, f := range files {
		if !j.named[f] {
			j.named[f] = true
			out = append(out, f)
		}
	}
	return out
}

func files(changes []Change) []string {
	var out []string
	for _, c := range changes {
		out = append(out, c.File)
	}
	return out
}
