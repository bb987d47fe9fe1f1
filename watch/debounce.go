package watch

import (
	"cmp"
	"math/bits"
	"slices"
	"time"
)

const (
	// maxGrowth bounds the growth of the quiet time: 2^3 times.
	maxGrowth = 3
	// streakPause is how long after a save the short quiet time is not enough: what comes then may be the
	// beginning of a storm that writes one file after the other.
	streakPause = 300 * time.Millisecond
)

// debounce decides when a batch is complete. It holds no clock, and looks at no file.
type debounce struct {
	short, long, max time.Duration // constant; short 0: the quiet time is fixed to long

	storm            // of the batch in the making
	before time.Time // of the last event of the last batch that changed a file
}

// storm is the events since the last reset.
type storm struct {
	first, last time.Time // zero: none
	bursts      int       // runs of events with a pause between them
	files       int       // distinct paths
	looked      time.Time // the last look at the only file; zero: none since the last event
	complete    bool      // that look found the file complete
}

// event counts an event at now; files is the number of dirty paths with it.
func (d *debounce) event(now time.Time, files int) {
	switch {
	case d.first.IsZero():
		d.first, d.bursts = now, 1
	case now.Sub(d.last) > d.long/2:
		d.bursts++
	}
	d.last, d.files, d.looked, d.complete = now, files, time.Time{}, false
}

// need returns the long quiet time for what came so far: doubled by each burst after the first
// and by each fourfold of files. The files matter because the pause after the first
// burst of a storm is longer than the quiet time of a single save.
func (d *debounce) need() time.Duration {
	byFiles := (bits.Len(uint(d.files)) - 1) / 2 // 1–3: 0, 4–15: 1, 16–63: 2, 64 and more: 3
	return d.long << max(0, min(maxGrowth, max(d.bursts-1, byFiles)))
}

// due returns when the batch is complete, as far as is known now, never after limit.
func (d *debounce) due() time.Time {
	if d.complete {
		return earlier(d.looked, d.limit())
	}
	return earlier(d.last.Add(d.need()), d.limit())
}

// inspect returns when the next inspect at the only file is due; zero: no inspect would make the
// batch complete earlier.
func (d *debounce) inspect() time.Time {
	// the short time is not enough
	if d.complete || d.first.IsZero() || d.short <= 0 || d.files > 1 || d.first.Sub(d.before) < streakPause {
		return time.Time{}
	}
	return cmp.Or(d.looked, d.last).Add(d.short)
}

// next returns when there is something to do: a look, or the end of the quiet time.
func (d *debounce) next() time.Time {
	if look := d.inspect(); !look.IsZero() {
		return earlier(look, d.due())
	}
	return d.due()
}

// limit returns when the batch is complete whatever still comes.
func (d *debounce) limit() time.Time { return d.first.Add(d.max) }

// restart begins anew at now, with what is dirty already: a compiler has ended.
func (d *debounce) restart(now time.Time) {
	d.storm, d.before = storm{first: now, last: now, bursts: 1}, now
}

// end discards the batch's events. changed reports whether a file had other bytes: otherwise the events were no save.
func (d *debounce) end(changed bool) {
	if changed {
		d.before = d.last
	}
	d.storm = storm{}
}

func earlier(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }
