package handoff

import "context"

// Launch is a program about to be started. Transports add to it what they
// need; descriptors stay theirs until the session ends.
type Launch struct {
	Gen   GenID
	Argv  []string
	Env   []string
	Files []Inherit
	// ListenPID asks for the variable LISTEN_PID with the program's own id.
	ListenPID bool
	// Filter is a seccomp program with a notification listener, or nil.
	Filter []byte
}

// Inherit is a descriptor of ours and the number that the program finds it at.
type Inherit struct {
	FD int
	At int
}

// Running is what a session may know of the started program.
type Running struct {
	// Listener takes over the notification descriptor of Launch.Filter, or
	// says why there is none. Called once at most.
	Listener func() (int, error)
	// Tree lists the generation's processes.
	Tree func() []int
	// Begun is closed when the program, which was started ahead, may run its own
	// code; nil: it may from the start. A session that looks at the program by
	// itself waits for it.
	Released <-chan struct{}
	// Told is closed when the generation has been told to stop; nil: it never is.
	Stopping <-chan struct{}
}

// Wait returns when the program may run its own code, or when ctx ends.
func (r Running) Wait(ctx context.Context) error {
	if r.Released == nil {
		return nil
	}
	select {
	case <-r.Released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Transport is a way in which listening sockets reach a program, or are
// learned of. Several may serve one generation.
type Transport interface {
	Name() string
	// Prepare adds to the launch. Run of the session follows if the program
	// starts; otherwise the session is forgotten.
	Prepare(*Launch) (Session, error)
}

// Session is a transport's part in one generation. One that is an io.Closer is
// closed if the program does not start, so that Run will not come.
type Session interface {
	// Run reports events until the context ends, which it does when the
	// generation's last process has. An error means that the generation's
	// events will be missing from now on.
	Run(ctx context.Context, r Running, report func(Event)) error
}

// Probe returns when the generation has accepted a connection of ours on the
// endpoint, which carries nothing. Listening is not yet serving: a program may
// listen first and load for another second.
type Probe func(ctx context.Context, gen GenID, e Endpoint) error
