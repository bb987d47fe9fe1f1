package selfwrite

import "time"

const (
	// After is how long after it began to serve a generation may still be
	// writing what it writes at its start.
	After = 1500 * time.Millisecond
	// bootMost is how long a program that does not listen counts as booting: it
	// may be one that never does.
	bootMost = 10 * time.Second
	// coarse is how far a file's clock may be behind: it moves with the kernel's
	// tick. What changed so long before a generation began, it has read.
	coarse = 20 * time.Millisecond
)

// Life is what is known of the newest generation.
type Life struct {
	Gen    int
	Began  time.Time
	Served time.Time // zero: not yet
	Ended  time.Time // zero: not yet
}

// ready is the end of the boot, as far as it is known.
func (l Life) ready() time.Time {
	switch {
	case !l.Served.IsZero():
		return l.Served
	case !l.Ended.IsZero():
		return l.Ended
	}
	return l.Began.Add(bootMost)
}

// until is the end of the time in which a change may be an echo.
func (l Life) until() time.Time {
	if l.Served.IsZero() && l.Ended.IsZero() {
		return l.ready()
	}
	return l.ready().Add(After)
}

// outlasts tells that a change at that time came when no generation was at its
// start.
func (l Life) outlasts(at time.Time) bool { return l.Began.IsZero() || at.After(l.until()) }

// covers tells whether a change at that time may be an echo.
func (l Life) covers(at time.Time) bool {
	return !l.outlasts(at) && !at.Before(l.Began.Add(-coarse))
}

// early tells whether it came before the boot was over.
func (l Life) early(at time.Time) bool { return l.covers(at) && !at.After(l.ready()) }
