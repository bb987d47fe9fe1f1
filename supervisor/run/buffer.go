package run

import (
	"errors"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// maxBuffered is how many events of a standby are kept. A standby does not run the
// program's own code, and causes a handful.
const maxBuffered = 256

// ErrTooMany is why a standby is of no use that caused more events than that.
var ErrTooMany = errors.New("it told too much before its time")

// Buffer has the events of a standby from before its adoption, in order. A standby
// may wait for hours, and what runs in it may speak ten times a second
// (handoff/readiness). So of what is said again and again only the newest is kept.
type Buffer []handoff.Event

// Add buffers an event. An error means that there is no room, and the event is lost.
func (k *Buffer) Add(ev handoff.Event) error {
	drop := func(old func(handoff.Event) bool) { *k = slices.DeleteFunc(*k, old) }
	switch ev.(type) {
	case handoff.Unready:
		drop(is[handoff.Unready])
	case handoff.ExtendTimeout:
		drop(is[handoff.ExtendTimeout])
	case handoff.Ready:
		drop(func(old handoff.Event) bool { return old == ev })
	}
	if len(*k) == maxBuffered {
		return ErrTooMany
	}
	*k = append(*k, ev)
	return nil
}

// is reports whether the event is a T.
func is[T handoff.Event](ev handoff.Event) bool {
	_, ok := ev.(T)
	return ok
}
