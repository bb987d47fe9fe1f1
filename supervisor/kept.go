package supervisor

import (
	"errors"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// maxKept is how many events of a standby are kept. A standby does not run the
// program's own code, and tells a handful.
const maxKept = 256

// errTold: a standby told more than maxKept events before its time.
var errTold = errors.New("it told too much before its time")

// kept is what a standby told before its time, in order. A standby may wait for
// hours, and whatever runs in it may speak ten times a second (handoff/readiness). So of
// what is said again and again only the newest is kept.
type kept []handoff.Event

// add keeps an event. An error means that there is no room: it is lost.
func (k *kept) add(ev handoff.Event) error {
	switch ev.(type) {
	case handoff.Status:
		k.drop(is[handoff.Status])
	case handoff.Unready:
		k.drop(is[handoff.Unready])
	case handoff.ExtendTimeout:
		k.drop(is[handoff.ExtendTimeout])
	case handoff.Ready:
		k.drop(func(old handoff.Event) bool { return old == ev })
	}
	if len(*k) == maxKept {
		return errTold
	}
	*k = append(*k, ev)
	return nil
}

func (k *kept) drop(old func(handoff.Event) bool) { *k = slices.DeleteFunc(*k, old) }

// is reports whether the event is a T.
func is[T handoff.Event](ev handoff.Event) bool {
	_, ok := ev.(T)
	return ok
}
