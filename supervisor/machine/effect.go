package machine

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Effect is an action that the machine asks for: one of the types below, or an effect of a build or of a
// standby. The loop carries effects out in their order. An action that takes time is only begun; its end is an event.
type Effect = sum.Effect

type (
	Notify = sum.Notify
	Reply  = sum.Reply

	// Start starts a generation. A Started follows; then, unless that has an error, Exited and Gone
	// some day.
	Start struct {
		Gen   GenID
		Cause report.Cause
		Files []string
		// Standby: the generation adopts the standby. Parked: the generation starts cold, but waits like
		// a standby that was adopted. In both cases the program's own code does not run before
		// standby.Resume, and no Started may come, but a standby.Ended.
		Standby, Parked bool
	}

	// Cutover steers all endpoints of the generation to the generation, but for debuggers'. The
	// effect comes again when the generation listens anew.
	Cutover struct{ Gen GenID }

	// RouteDebugger steers a debugger's endpoint to the generation. The effect comes again when the
	// generation listens there anew.
	RouteDebugger struct {
		Gen      GenID
		Endpoint handoff.Endpoint
	}

	// CloseDebuggers ends the connections that debuggers have to the generation at these endpoints,
	// as far as possible.
	CloseDebuggers struct {
		Gen       GenID
		Endpoints []handoff.Endpoint
	}

	// Drain has the generation's connections observed: events Observed follow. When probation ends, Drain
	// follows a Drain with Held.
	Drain struct {
		Gen GenID
		To  Where // new connections go
		// Held: the program is told nothing and may have to serve again. The clients move on.
		Held bool
	}

	// Undrain ends a Drain with Held, because the generation serves again: its connections are its own, and no event about
	// them follows.
	Undrain struct{ Gen GenID }

	Quiet        = drain.Quiet
	LeaveStreams = drain.LeaveStreams

	// Signal sends the stop signal to the main process, or SIGKILL to the whole tree. If the process
	// does not run yet the effect may be dropped: it comes again after Started. SIGKILL comes again
	// as long as Gone does not.
	Signal struct {
		Gen  GenID
		Kill bool
	}

	// Discard: the generation is over, and the loop may drop its handles. No later effect names the
	// generation.
	Discard struct{ Gen GenID }

	// EndBeside ends what runs beside the generations: programs, and commands about events. BesideEnded follows. With Now
	// the effect says only that there is no time to wait.
	EndBeside struct{ Now bool }

	// Done ends the loop with that exit code. Done is the last effect of all.
	Done struct{ Code int }
)

// Where is where the new connections of a generation go that drains. If they cannot go there, the generation gets them, and
// its first quiet moment is the one to wait for: under load there may be no longer one.
type Where uint8

const (
	ToSuccessor Where = iota // the generation that serves
	ToQueue                  // they wait for the generation that begins when this one has ended
	// ToActivator: no generation follows. Where a socket activator has the socket, too, what the activator starts next
	// accepts from it.
	ToActivator
)

func (Start) IsEffect(sum.Seal)          {}
func (Cutover) IsEffect(sum.Seal)        {}
func (RouteDebugger) IsEffect(sum.Seal)  {}
func (CloseDebuggers) IsEffect(sum.Seal) {}
func (Drain) IsEffect(sum.Seal)          {}
func (Undrain) IsEffect(sum.Seal)        {}
func (Signal) IsEffect(sum.Seal)         {}
func (Discard) IsEffect(sum.Seal)        {}
func (EndBeside) IsEffect(sum.Seal)      {}
func (Done) IsEffect(sum.Seal)           {}
