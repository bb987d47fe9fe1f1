package run

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

var (
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
	// by the command, what standbys must hold back and prepare. It may block. learn reports
	// whether a rehearsal would show more. An error says in words for people why there can
	// be no standby; the next generation is inspected again. With [ErrUnknown] the generation
	// has told nothing, and what was found out before counts.
	Inspect(ctx context.Context, gen GenID, command []string, pid int, tree func() []int) (learn bool, err error)
	// Prepare adds to the launch, which the transports have prepared already, what makes the
	// program wait, as the last Inspect that succeeded has found out. An error with [ErrNever] is
	// no failure, nor is one with [ErrUnknown]: what was found out does not hold any more.
	Prepare(*handoff.Launch) (Standby, error)
	// Rehearse is Prepare for a rehearsal. Where there is nothing to learn the error is one with
	// [ErrUnknown], too.
	Rehearse(*handoff.Launch) (Rehearsal, error)
}

// Standby is a program that waits, or is about to. Any goroutine may call its methods; Resume
// and Close are called once.
type Standby interface {
	// Ready returns nil when the program waits, or why it never will: then it is ended, and
	// after two such ends in a row no more standbys are made, except after [ErrNever].
	Ready(context.Context) error
	// Loaded returns how many packages the standby loads ahead, and the others with the reasons.
	Loaded() (ahead int, left []string)
	// Validate returns what has changed since, so that the standby must not be used; nil:
	// nothing has. It is called right before Resume, and must be quick.
	Validate() error
	// Resume lets the program go on, after Ready. After an
	// error nothing of the standby may run; it is ended, and the generation starts anew.
	Resume() error
	// Close releases what Warmer.Prepare has made, when nothing of the program is left, or when
	// it was not started.
	Close() error
}

// Rehearsal is a program that loads packages ahead to show what they do meanwhile, and is thrown
// away.
type Rehearsal interface {
	// Ready returns nil when the packages have been loaded, or why they never will.
	Ready(context.Context) error
	// Close releases what Warmer.Rehearse has made.
	Close() error
	// Learn notes what was shown. It is called after Close, when nothing of the program runs any
	// more. err is that of Ready, or says how the program ended. Learn reports whether another
	// rehearsal would show more.
	Learn(err error) (again bool)
}
