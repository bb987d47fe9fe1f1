package supervisor

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

var (
	// ErrAgain is in the error of a standby that was discarded for something that the next
	// standby will do without. Such an end does not count as a failure.
	ErrAgain = errors.New("thrown away, the next one does without")
	// ErrUnknown is in the error when a generation has to be inspected first, or has told
	// nothing.
	ErrUnknown = errors.New("nothing is known of the program")
	// ErrNever is in the error when there can be no standby.
	ErrNever = errors.New("there can be none")
)

// Warmer prepares standbys: programs that are started ahead, and wait right before their own
// code. It knows how a program can be made to wait; the supervisor decides when a standby is
// started, adopted and ended.
type Warmer interface {
	// Inspect finds out from a generation that serves, whose main process is pid and was started
	// by the command, what standbys must hold back and prepare. It may block. An error says in words for people why there can
	// be no standby; the next generation is inspected again. With [ErrUnknown] the generation
	// has told nothing, and what was found out before counts.
	Inspect(ctx context.Context, gen GenID, command []string, pid int, tree func() []int) error
	// Prepare adds to the launch, which the transports have prepared already, what makes the
	// program wait, as the last Inspect that succeeded has found out. An error with [ErrNever] is
	// no failure, nor is one with [ErrUnknown]: what was found out does not hold any more.
	Prepare(*handoff.Launch) (Standby, error)
}

// Standby is a program that waits, or is about to. Any goroutine may call its methods; Resume
// and Close are called once.
type Standby interface {
	// Ready returns nil when the program waits, or why it never will: then it is ended, and
	// after two such ends in a row no more standbys are made, except after [ErrAgain] and
	// [ErrNever].
	Ready(context.Context) error
	// Proven reports whether a standby that was made in the same way has waited before, with
	// the same files. A generation adopts no other one that does not wait yet.
	Proven() bool
	// Validate returns what has changed since, so that the standby must not be used; nil:
	// nothing has. It is called right before Resume, and also before Ready has returned, and
	// must be quick.
	Validate() error
	// Outdated says how a standby that was prepared now would differ from this one; nil: it would
	// not. It may block.
	Outdated() error
	// Resume lets the program go on, after Ready. After an
	// error nothing of the standby may run; it is ended, and the generation starts anew.
	Resume() error
	// Close releases what Warmer.Prepare has made, when nothing of the program is left, or when
	// it was not started.
	Close() error
}
