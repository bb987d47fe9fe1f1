package handoff

import (
	"context"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Launch is a program about to be started. Transports add to it, and own the descriptors that they add until
// the session ends.
type Launch struct {
	Gen   GenID
	Argv  []string
	Env   []string // the last value of a variable counts
	Files []Inherit
	// ListenPID asks for the variable LISTEN_PID with the program's own process ID.
	ListenPID bool
	// Writes asks the transport for builds to know what the program writes.
	Writes bool
	// Filter is a seccomp program with a notification listener, or nil.
	Filter []byte
	// Path is the program's file; "": Argv has its name. Dir is its folder; "": the current one.
	Path string
	Dir  string
	// Pipes is a folder where the program finds its parent's pipe, as programs of tsx do; "": it has none.
	Pipes string
}

// Without returns env without these variables.
func Without(env []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(names, name)
	})
}

// Value returns the value of a variable in env, where the last counts.
func Value(env []string, name string) (value string) {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			value = v
		}
	}
	return value
}

// Inherit passes a descriptor to the program, by a number of 3 or more.
type Inherit struct {
	FD int // hotswap's number
	At int // the program's number
}

// Running is a program that was started.
type Running struct {
	// Listener returns the notification descriptor of Launch.Filter, which the caller then owns. It is called
	// at most once.
	Listener func() (int, error)
	// Tree returns the IDs of the generation's processes.
	Tree func() []int
	// Released is closed when a standby may run program code. Nil if the program was never held.
	Released <-chan struct{}
}

// Wait blocks until the program may run its code, or ctx ends.
func (r Running) Wait(ctx context.Context) error {
	if r.Released == nil {
		return nil
	}
	return wait.On(ctx, r.Released)
}

// Transport is a way to pass listening sockets to a program, or to learn of its sockets or its readiness.
// Several transports may serve one generation.
type Transport interface {
	// Prepare adds to the launch. The session's Run is called if the program starts; nil: nothing is to be run.
	Prepare(*Launch) (Session, error)
}

// Session is a transport's part in one generation. If the program does not start and the session is an
// io.Closer, Close is called instead of Run.
type Session interface {
	// Run reports events until ctx ends, which is when the generation's last process has ended. An error
	// means that later events of the generation are missing.
	Run(ctx context.Context, r Running, report func(Event)) error
}

// Probe blocks until the generation has accepted a connection of hotswap on the endpoint. A program may
// listen first and load for another second, so listening is not yet serving.
type Probe func(ctx context.Context, gen GenID, e Endpoint) error
