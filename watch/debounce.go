package watch

import (
	"math/bits"
	"time"
)

// maxGrowth bounds the growth of the quiet time: 2^3 times.
const maxGrowth = 3

// debounce computes when events have become quiet. It holds no clock.
type debounce struct {
	quiet, max  time.Duration // constant
	first, last time.Time     // of the events since the last reset; zero: none
	bursts      int           // runs of events with a pause between them
	files       int           // distinct paths
}

// event counts an event at now; files is the number of dirty paths with it.
func (d *debounce) event(now time.Time, files int) {
	switch {
	case d.first.IsZero():
		d.first, d.bursts = now, 1
	case now.Sub(d.last) > d.quiet/2:
		d.bursts++
	}
	d.last, d.files = now, files
}

// need returns the quiet time for what came so far: doubled by each burst after the first
// and by each fourfold of files. The files matter because the pause after the first
// burst of a storm is longer than the quiet time of a single save.
func (d *debounce) need() time.Duration {
	byFiles := (bits.Len(uint(d.files)) - 1) / 2 // 1–3: 0, 4–15: 1, 16–63: 2, 64 and more: 3
	return d.quiet << max(0, min(maxGrowth, max(d.bursts-1, byFiles)))
}

// due returns when the batch is complete, never after limit.
func (d *debounce) due() time.Time {
	due := d.last.Add(d.need())
	if limit := d.limit(); due.After(limit) {
		return limit
	}
	return due
}

// limit returns when the batch is complete whatever still comes.
func (d *debounce) limit() time.Time { return d.first.Add(d.max) }

// restart begins anew at now, with what is dirty already.
func (d *debounce) restart(now time.Time) {
	*d = debounce{quiet: d.quiet, max: d.max, first: now, last: now, bursts: 1}
}

// reset forgets all events.
func (d *debounce) reset() { *d = debounce{quiet: d.quiet, max: d.max} }
