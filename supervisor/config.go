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

// Config configures a [Supervisor]. Command and Registry are needed; the rest has a default.
type Config struct {
	Command []string // until SetCommand gives another
	Dir     string   // "": the current folder
	Env     []string // complete but for Environ
	// Environ reads what files add to Env. It is called at each start of a program or a step, and
	// again before a standby runs the program's own code; its error fails that start. Nil: nothing
	// is added.
	Environ func() (Environment, error)
	// Terminal is called at each start, and returns what has to be given back if this process
	// is killed. Nil, or if it returns nil: nothing.
	Terminal func() *tty.Borrowed
	// Console gives each generation its standard streams. Nil: generations inherit ours.
	Console Console

	// Steps returns what runs before a start that no change has asked for: the first one, and
	// one by a command. The loop calls it, so it must not block. Nil: nothing does.
	Steps func() []Step
	// BuildTransport takes part in steps: it prepares the launch of each command, whose Gen is
	// the number of the build. Its events are dropped. Nil: no transport does.
	BuildTransport handoff.Transport

	// Beside are programs that run beside the generations, from [Supervisor.StartBeside] until none is left.
	Beside []Beside

	Policy     Policy
	StopSignal syscall.Signal // default SIGTERM
	// DrainSignal is sent when a generation that served begins to drain. 0: none is.
	DrainSignal syscall.Signal

	Registry   *reuseport.Registry
	Transports []handoff.Transport
	// Drainer watches the connections of a generation that drains. Nil: connections cannot be
	// watched, and a generation that drains is told to stop at once.
	Drainer Drainer
	// Detach ends the connections that these processes have with debuggers at these endpoints.
	// Nil: they cannot be ended.
	Detach func(tree []int, at []handoff.Endpoint)
	// Relay passes on clients that wait at the gate of a dead generation. Nil: they wait on.
	Relay Relay
	// Places tells programs their place. Nil: they learn nothing, and nothing of theirs is waited for.
	Places Places
	// Warmer prepares standbys. Nil: every generation starts cold.
	Warmer Warmer
	// Parent is what the hotswap has done that this one upgrades; zero if there is none.
	Parent Parent

	// Notify is called once for each notice, in order. The loop calls it, so it must not block.
	// Nil: there is no reader.
	Notify func(Notice)
	// Beat is called by the loop again and again. Zero: it is not.
	Beat Beat
	// Runner starts processes; nil means proc.Start. A seam for tests.
	Runner Runner
}

// Beat shows that the loop turns: a loop that hangs does not call Do. Do must not block.
type Beat struct {
	Every time.Duration
	Do    func()
}

// Parent is what the first generation has to go on from.
type Parent struct {
	Last   GenID              // the number of its last generation
	Serves []handoff.Endpoint // what the first generation must listen on to be ready, without debuggers'
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
	SignalServers(syscall.Signal) error
	Kill() error
	Rest() error
	Release() error
	Exited() <-chan proc.Exit
	Gone() <-chan struct{}
}

type systemRunner struct{}

func (systemRunner) Start(s proc.Spec) (Process, error) {
	p, err := proc.Start(s)
	if err != nil {
		return nil, err // not a nil *proc.Process
	}
	return p, nil
}

// Relay passes bytes between clients and the generation that serves.
type Relay interface {
	// Room returns how many more clients the relay takes.
	Room() int
	// Pass takes over a client's connection.
	Pass(fd int)
	// Finish ends the relay when all generations have ended. For that time their last answers
	// still reach the clients.
	Finish(patience time.Duration)
}

// Drainer returns a watch over the connections of a generation that drains.
type Drainer func(DrainRequest) Drain

// Drain is such a watch. One goroutine at a time calls Run.
type Drain interface {
	// Run returns nil when nothing is busy, an error when the connections cannot be watched, or
	// when ctx ends. It calls report with the numbers when they change.
	Run(ctx context.Context, report func(DrainReport)) error
	// Stopping says that the stop signal has been sent, or that no quiet moment is waited for:
	// from now on Run, also one under way, returns only when no connection is left.
	Stopping()
}

// DrainRequest names the generation's connections.
type DrainRequest struct {
	Gen       GenID
	Endpoints []handoff.Endpoint
	Tree      func() []int
	Waiting   func() int         // returns the number of clients in the queues of its gates
	Patience  time.Duration      // how long to wait for moments that are safe beyond doubt
	Steered   bool               // new connections go elsewhere
	Alone     bool               // no other generation runs before this one has ended
	Held      bool               // the generation may serve again: end only what clients renew by themselves
	Earlier   Drain              // the watch of the generation that was given up last, and ends before this one runs; nil: none was
	Leave     func(pid int) bool // reports whether the process ends its connections by itself
}

// DrainReport is how a drain stands.
type DrainReport struct {
	Connections int // of the generation, with clients
	Busy        int // of these, with something under way
	Streams     int // of the busy ones, event streams and others on which the program sends again and again
	Waiting     int // clients that are not accepted yet
	Finished    int // requests seen to end since the drain began
	Closed      int // connections closed on the program's behalf

	// Settled: no connection is known on which a client could send this generation another
	// request. A connection that is busy may become one.
	Settled bool
}
