package supervisor

import (
	"context"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Config is what a [Supervisor] needs to know. Command and Registry are
// needed; the rest has a default.
type Config struct {
	Command []string
	Dir     string   // "": the current one
	Env     []string // complete
	// Terminal is asked at each start for what has to be given back if this
	// process is killed. Nil, or its answer is: nothing.
	Terminal func() *tty.Borrowed
	// Console gives each generation its standard streams. Nil: it inherits ours.
	Console Console

	// Build are the commands that build what Command runs, for sh -c, in order. None:
	// nothing is built.
	Build []string

	// BuildTransport takes part in builds: it prepares the launch of each command, whose
	// Gen is the number of the build. Its events are dropped. Nil: nothing does.
	BuildTransport handoff.Transport

	Policy     Policy
	StopSignal syscall.Signal // default SIGTERM

	Registry   *reuseport.Registry
	Transports []handoff.Transport
	// Drainer watches the connections of a generation that has to go. Nil:
	// nobody can, and it is told to stop at once.
	Drainer Drainer

	// Detach ends the connections that these processes have with debuggers at
	// these endpoints. Nil: nobody can.
	Detach func(tree []int, at []handoff.Endpoint)

	// Relay passes clients on that wait at the gate of a dead generation. Nil:
	// they wait on.
	Relay Relay

	// Warmer prepares standbys. Nil: every generation starts cold.
	Warmer Warmer

	// Parent is what the hotswap that this one upgrades has done; zero if there is none.
	Parent Parent

	// Notify is called once for each notice, in order. The loop calls it, so it must
	// not block. Nil: there is no reader.
	Notify func(Notice)

	// Beat is done by the loop again and again. Zero: nothing is.
	Beat Beat

	// Runner starts processes; nil means proc.Start. A seam for tests.
	Runner Runner
}

// Beat shows that the loop turns: one that hangs does not Do it. Do must not block.
type Beat struct {
	Every time.Duration
	Do    func()
}

// Parent is what the first generation has to go on from.
type Parent struct {
	Last   GenID              // its last generation
	Serves []handoff.Endpoint // what one must listen on to be ready, without debuggers
}

// Exit is how a main process ended. The zero value is a clean end.
type Exit = proc.Exit

// Runner starts a generation's processes.
type Runner interface {
	Start(proc.Spec) (Process, error)
}

// Process is a started generation; see [proc.Process].
type Process interface {
	PID() int
	Listener() (int, error)
	Tree() []int
	Signal(syscall.Signal) error
	Kill() error
	Release() error
	Exited() <-chan proc.Exit
	Gone() <-chan struct{}
}

type systemRunner struct{}

func (systemRunner) Start(s proc.Spec) (Process, error) {
	p, err := proc.Start(s)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Relay is who stands between such clients and the generation that serves.
type Relay interface {
	// Room is how many clients it takes now.
	Room() int
	// Pass takes a client's connection over.
	Pass(fd int)
	// Finish ends it when all generations have ended; what they answered last
	// still reaches the clients, within the patience.
	Finish(patience time.Duration)
}

// NoticeRelayed tells of clients that waited for From, which is gone, and have
// been passed on to To.
type NoticeRelayed struct {
	From, To GenID
	Count    int
}

// Drainer makes a watch over the connections of a generation that has to go.
type Drainer func(DrainRequest) Drain

// Drain is such a watch. Run belongs to one goroutine at a time.
type Drain interface {
	// Run returns when nothing is busy (nil), when it cannot tell (an error),
	// or when ctx ends. report gets the numbers when they change.
	Run(ctx context.Context, report func(DrainReport)) error
	// Stopping tells that the stop signal has been sent, or that nobody waits
	// for a quiet moment: from now on Run, the one under way or the next, returns
	// only when no connection is left.
	Stopping()
}

// DrainRequest names the generation's connections.
type DrainRequest struct {
	Gen       GenID
	Endpoints []handoff.Endpoint
	Tree      func() []int
	// Waiting is the number of clients in the queues of its gates.
	Waiting func() int
	// Patience is how long to wait for moments that are safe beyond doubt.
	Patience time.Duration
	// Steered: new connections go elsewhere.
	Steered bool
	// Held: it may serve again, and ends nothing but what its clients renew by
	// themselves.
	Held bool
}

// DrainReport is how a drain stands.
type DrainReport struct {
	Connections int // of the generation, with clients
	Busy        int // of these, with something under way
	Waiting     int // clients that are not accepted yet
	Finished    int // requests seen to end since the drain began
	Closed      int // connections closed on the program's behalf
}

// NoticeDraining tells how a drain stands; not more than the drainer reports.
type NoticeDraining struct {
	Gen    GenID
	Report DrainReport
	Lasts  time.Duration
	Live   bool // somebody who waits for it wants to know
}

// NoticeCutover tells that new connections go to Gen from now on.
type NoticeCutover struct {
	Gen  GenID
	Took time.Duration // of the system calls
	Err  error         // some endpoint could not be steered
}

// NoticeAbandoned tells which endpoints are closed, since nobody serves them
// any more.
type NoticeAbandoned struct{ Endpoints []handoff.Endpoint }

// NoticeDrainUnwatched tells that the connections of Gen cannot be watched: it was told
// to stop without waiting for them.
type NoticeDrainUnwatched struct {
	Gen GenID
	Err error
}

func (NoticeDrainUnwatched) notice() {}
func (NoticeRelayed) notice()        {}
func (NoticeDraining) notice()       {}
func (NoticeCutover) notice()        {}
func (NoticeAbandoned) notice()      {}
