package selfwrite

import (
	"slices"
	"time"
)

const (
	free       = 3               // rounds that are always swapped for at once
	uneven     = 8               // from then on also those at differing points of the boot are held
	enough     = 12              // and by then it is an echo all the same
	crowd      = 20              // rounds, some after the boot, until they are slowed down
	throng     = 200             // likewise, if it is not the program that writes
	suspicious = 2               // rounds from which on generations are to be watched
	patient    = 8               // rounds until nobody counts on that any more
	pauseLow   = 2 * time.Second // the first pause then; doubled each time
	pauseHigh  = time.Minute
	points     = 4 // latest rounds whose points of the boot are compared
)

// row is what happened in generations that followed each other: in each of
// them the same files changed at its start, and the next was begun for it.
type row struct {
	rounds int
	gen    int             // of the last round
	files  map[string]bool // that changed in each of them
	alone  bool            // nothing else changed in the last one
	early  bool            // always before the boot was over
	by     Writer          // of the last one, all of it
	trials int             // swaps that were made when nobody had saved anything
	delays []time.Duration // of the latest, from their beginnings
}

// common are the files of the row that have changed again.
func (r *row) common(changes []Change) map[string]bool {
	common := map[string]bool{}
	for _, c := range changes {
		if r.files[c.File] {
			common[c.File] = true
		}
	}
	return common
}

// over tells whether the row has not gone on for too long.
func (r *row) over(l Life) bool { return r.rounds == 0 || l.Gen > r.gen+2 }

// another tells whether the changes have nothing to do with the row.
func (r *row) another(l Life, changes []Change) bool {
	return !r.over(l) && len(r.common(changes)) == 0
}

// count takes one more round; it begins a new row if it does not go on with
// this one.
func (r *row) count(l Life, changes []Change, last time.Time) {
	common := r.common(changes)
	if r.over(l) || len(common) == 0 {
		*r = row{early: true}
		for _, c := range changes {
			common[c.File] = true
		}
	}
	r.rounds++
	r.gen, r.files, r.alone = l.Gen, common, len(common) == len(changes)
	r.early = r.early && l.early(last)
	r.by = Program
	for _, c := range changes {
		if c.By == Others || r.by == Others {
			r.by = Others
		} else if c.By == Unknown {
			r.by = Unknown
		}
	}
	r.delays = append(r.delays, last.Sub(l.Began))
	r.delays = r.delays[max(0, len(r.delays)-points):]
	if r.by != Program && !r.steady() {
		r.trials = 0
	}
}

// what follows from a round.
type course uint8

const (
	swap  course = iota
	hold         // until the boot is over, for pause longer
	known        // it is an echo
)

// judge says what to do; watched says that it is, or is about to be, known who
// writes, trials how many it takes where it is not.
func (r *row) judge(watched bool, trials int) (c course, pause time.Duration) {
	echo := r.early && r.alone
	switch {
	case r.rounds <= free:
		return swap, 0
	case r.by == Program && echo && r.trials > 0:
		return known, 0
	case r.by == Program && echo:
		return hold, 0
	case r.by == Program && r.rounds >= uneven: // a compiler that serves people may do the same
		return hold, slower(r.rounds - uneven)
	case r.by == Program:
		return swap, 0
	case r.by == Others && r.rounds >= throng: // some tool that waits for each start
		return hold, slower(r.rounds - throng)
	case r.by == Others, watched && r.rounds <= patient:
		return swap, 0
	case echo && r.trials >= trials && r.steady(), echo && r.rounds >= enough && trials == 1:
		return known, 0
	case r.rounds >= crowd:
		return hold, slower(r.rounds - crowd)
	case echo && (r.steady() || r.rounds >= uneven):
		return hold, 0
	}
	return swap, 0
}

// slower is the pause after so many.
func slower(n int) time.Duration { return min(pauseHigh, pauseLow<<min(10, n)) }

// steady tells whether all came at about the same point of the boot.
func (r *row) steady() bool {
	low, high := slices.Min(r.delays), slices.Max(r.delays)
	return high-low <= slack(high)
}

// slack is how far two points of a boot may lie apart and be the same: boots
// take longer on a busy machine.
func slack(d time.Duration) time.Duration { return 250*time.Millisecond + d/4 }
