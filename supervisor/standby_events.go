package supervisor

import (
	"errors"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// maxStandbyEvents is how many events of a standby are kept. A standby does not run the
// program's own code, and causes a handful.
const maxStandbyEvents = 256

// errTooMany is why a standby is of no use that caused more events than that.
var errTooMany = errors.New("it told too much before its time")

// standbyEvents are the events of a standby from before its adoption, in order. A standby
// may wait for hours, and what runs in it may speak ten times a second
// (handoff/readiness). So of what is said again and again only the newest is kept.
type standbyEvents []handoff.Event

// add keeps an event. An error means that there is no room, and the event is lost.
func (k *standbyEvents) add(ev handoff.Event) error {
	drop := func(old func(handoff.Event) bool) { *k = slices.DeleteFunc(*k, old) }
	switch ev.(type) {
	case handoff.Status:
		drop(is[handoff.Status])
	case handoff.Unready:
		drop(is[handoff.Unready])
	case handoff.ExtendTimeout:
		drop(is[handoff.ExtendTimeout])
	case handoff.Ready:
		drop(func(old handoff.Event) bool { return old == ev })
	}
	if len(*k) == maxStandbyEvents {
		return errTooMany
	}
	*k = append(*k, ev)
	return nil
}

// is reports whether the event is a T.
func is[T handoff.Event](ev handoff.Event) bool {
	_, ok := ev.(T)
	return ok
}
