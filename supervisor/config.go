package supervisor

import (
	"context"
	"io"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// Config configures a [Supervisor]. A function or an interface may be nil where its comment says so.
type Config struct {
	Command []string
	Name    string   // of this hotswap, for the status and process lists; "": none
	Env     []string // complete but for Environ
	// Environ reads what files add to Env. It is called at each start of a program or a step, and again before a
	// standby runs the program's own code; its error fails that start.
	Environ func() (Environment, error)
	// Compilers adds to the environment of whatever runs what compilers read.
	Compilers func(env []string) []string
	Console   run.Console // gives each generation its standard streams

	// Steps run before a start that no change has asked for: the first one, and one by a command.
	Steps []report.Step
	// Task returns the task that decides whether a step with Once has to run. Any goroutine may call it.
	Task func(report.Step) Task
	// BuildTransports take part in steps: they prepare the launch of each command, whose Gen is
	// the number of the build. Their events are dropped.
	BuildTransports []handoff.Transport

	// Beside are programs that run beside the generations, from [Supervisor.StartBeside] until none is left.
	Beside []report.Beside

	// Hooks are commands about what happens; one at a time and in order.
	Hooks []report.Hook

	// Alive takes the words to the service manager's watchdog of the generation that serves, or of the first. The loop
	// calls it.
	Alive func(word string)

	Policy     Policy
	StopSignal syscall.Signal

	Registry   Gates
	Transports []handoff.Transport
	// Drainer watches the connections of a generation that drains. Nil: connections cannot be
	// watched, and a generation that drains is told to stop at once.
	Drainer run.Drainer
	// Detach ends the connections that these processes have with debuggers at these endpoints.
	// Nil: they cannot be ended.
	Detach func(tree []int, at []handoff.Endpoint)
	// Adopt takes over a client that waits at the gate of a dead generation, and then owns the descriptor, or returns
	// false: then the relay gets it. It must not block. Nil: the relay gets all.
	Adopt  func(at handoff.Endpoint, fd int) bool
	Relay  Relay  // passes on clients that wait at the gate of a dead generation
	Places Places // reports to programs their place
	// Warmer prepares standbys. Nil: every generation starts cold.
	Warmer handoff.Warmer
	// Shortcut starts the program without the commands that only lead to it. Nil: the whole command runs each time.
	Shortcut handoff.Shortcut
	// Past is what the first generation goes on from: then nothing is built for it, and it does not wait for what runs
	// beside.
	Past Past

	// The loop calls the next two with what is complete. They must not block.

	Notify  func(report.Notice) (said bool) // once for each notice, in order; hooks run about what was said
	Publish func(*report.Status)            // with each status, after the notices that led to it

	// The rest is what completes notices and status.

	Reason func(report.Result) string        // returns for people why a command or a generation failed
	Why    func(reason, cause string) string // returns what hooks get to know of a failure
	// for [Supervisor.Now], by any goroutine: what the supervisor does not know
	Count func(*report.Status)

	// Trace gets a line for each event and each effect; nil: nothing does. A write must not block for long.
	Trace io.Writer

	// Starts starts processes, as [run.Start] does. A seam for tests.
	Starts func(proc.Spec) (run.Process, error)
}

// These are the machine's: its configuration, with its constants.
type (
	GenID    = report.GenID
	Policy   = policy.Policy
	Strategy = policy.Strategy
	Past     = machine.Past
)

const (
	Overlap   = policy.Overlap
	Auto      = policy.Auto
	StopFirst = policy.StopFirst
)

// Task is a step that runs only when it is owed. The builder's goroutine calls its methods.
type Task interface {
	// Begin reports whether the command has to run. It may wait until no other process runs a
	// task of the project, at most until ctx ends. After run, End follows.
	Begin(ctx context.Context) (run bool, err error)
	// End says how the command that Begin wanted has ended.
	End(succeeded bool)
}

// Gates are the listening sockets of all generations: a [reuseport.Registry], or what has its methods.
type Gates interface {
	SetProcesses(gen GenID, pids func() ([]int, error))
	GenerationEnded(gen GenID)
	Endpoints(gen GenID) []handoff.Endpoint
	Cutover(gen GenID) ([]handoff.Endpoint, time.Duration, error)
	CutoverEndpoint(gen GenID, e handoff.Endpoint) error
	QueueConnections(gen GenID) (parked bool, err error)
	HandBack(gen GenID) bool
	CloseUnserved()
	Sweep() (closed []handoff.Closed, pending int)
	AcceptOrphaned(limit int) []reuseport.OrphanedConn
	Waiting(gen GenID) int
}

// Relay passes bytes between clients and the generation that serves, as package handoff/relay does.
type Relay interface {
	Room() int
	Pass(fd int, path string) bool
	Finish(patience time.Duration)
}
