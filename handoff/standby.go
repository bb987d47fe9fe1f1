package handoff

import "context"

// Warmer prepares standbys: programs that are started ahead, and wait right before their own code. It knows how a
// program can be made to wait; the supervisor decides when a standby is started, adopted and ended.
type Warmer interface {
	Inspector
	// Prepare adds to the launch, which the transports have prepared already, what makes the
	// program wait, as the last Inspect that succeeded has found out. With rehearse the program
	// loads packages to show what they do meanwhile, and is thrown away.
	Prepare(l *Launch, rehearse bool) (Standby, error)
}

// Inspector finds out how a program can be started.
type Inspector interface {
	// Inspect finds out from a generation that serves, whose main process is pid and was started as l says, what
	// standbys must hold back and prepare, and which process is the program. It may block. learn reports whether a
	// rehearsal would show more. An error says in words for people why there can be no standby; the next generation is
	// inspected again. After an [Unknown] the result of the last Inspect counts.
	Inspect(ctx context.Context, l Launch, pid int, tree func() []int) (learn bool, err error)
}

// Standby is a program that waits, or is about to, or a rehearsal. Any goroutine may call its
// methods; Resume, Close and Learn are called once.
type Standby interface {
	// Ready returns nil when the program waits, or why it never will: then it is ended, and
	// after two such ends in a row no more standbys are made, except after a [Never].
	Ready(context.Context) error
	// Loaded returns how many packages the standby loads ahead, and the others with the reasons.
	Loaded() (ahead int, left []string)
	// GivenBy returns the command that may have given the program what is out of date later, such as credentials;
	// "": none.
	GivenBy() string
	// Validate returns what has changed since, so that the standby must not be used; nil:
	// nothing has. It is called right before Resume, and must be quick.
	Validate() error
	// Resume lets the program go on, after Ready. After an
	// error nothing of the standby may run; it is ended, and the generation starts anew.
	Resume() error
	// Close releases what Warmer.Prepare has made, when nothing of the program is left, or when it was not started.
	Close() error
	// Learn notes what a rehearsal has shown. It is called after Close, when nothing of the program runs any more. err
	// is that of Ready, or says how the program ended. Learn reports whether another rehearsal would show more.
	Learn(err error) (again bool)
}

// Unknown is the error of a [Warmer] that has to inspect a generation first, or anew, or that
// has nothing to learn in a rehearsal. It is no failure.
type Unknown string

func (e Unknown) Error() string { return string(e) }

// Never is the error of a program that can have no standby. It is no failure.
type Never string

func (e Never) Error() string { return string(e) }
