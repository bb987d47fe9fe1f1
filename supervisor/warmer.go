package supervisor

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// ErrAgain is in the error of a standby that is thrown away for something that
// the next one will do without: it does not count as a failure.
var ErrAgain = errors.New("thrown away, the next one does without")

// ErrNever is in the error of a standby of which there can be none.
var ErrNever = errors.New("there can be none")

// Warmer prepares standbys: a program that is started ahead, and waits right
// before its own code until it is its turn. It knows how a program can be made to
// wait; when one is started, used and ended is the supervisor's to say.
type Warmer interface {
	// Inspect finds out from a generation that serves, whose main process is pid,
	// what a standby for the next one holds back and prepares; it may wait for
	// that. An error says why there can be none, in words for people: it is told
	// once, and the next generation is looked at again.
	Inspect(ctx context.Context, gen GenID, pid int, tree func() []int) error
	// Prepare adds to the launch, which the transports have prepared already, what
	// makes the program wait. It comes after a Learn that succeeded, and may come
	// again without another. [ErrNever] in the error is no failure.
	Prepare(*handoff.Launch) (Standby, error)
}

// Standby is one program that waits, or is about to. Its methods may be called by
// any goroutine; Resume and Close come once each.
type Standby interface {
	// Ready returns when the program waits, or says why it never will: then it is
	// ended, and after two such in a row no more are made. [ErrAgain] in the error
	// says that the next one will be another, [ErrNever] that there can be none.
	Ready(context.Context) error
	// Validate says what has changed since, so that the standby must not be used;
	// nil: nothing. It is asked right before Resume or before Prepare, and has to be
	// quick.
	Validate() error
	// Prepare is called when Resume is likely to come within milliseconds, after Fresh
	// and at most once: of what the program will do next it does what runs nothing
	// of its own code, as reading that. If files change then and not before Resume, it
	// is ended. It has to be quick and waits for nothing.
	Prepare() error
	// Resume lets the program go on, now or as soon as it gets to where it would wait.
	// After an error nothing of it may run; it is ended, and started anew.
	Resume() error
	// Close gives up what Warmer.Prepare has made, when nothing of the program is left, gone
	// on or not; or when it was not started.
	Close() error
}
