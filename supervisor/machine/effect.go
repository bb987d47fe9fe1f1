package machine

import (
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

	// Start starts a generation. A Started follows; then, unless that has an error, Exited and Gone some day.
	Start struct {
		sum.AnEffect
		Gen GenID
		report.Origin
		// Standby: the generation adopts the standby. Parked: the generation starts cold, but waits like
		// a standby that was adopted. In both cases the program's own code does not run before
		// standby.Resume, and no Started may come, but a standby.Ended.
		Standby, Parked bool
	}

	// Cutover steers all endpoints of the generation to the generation, but for debuggers'. The
	// effect comes again when the generation listens anew.
	Cutover struct {
		sum.AnEffect
		Gen GenID
	}

	Drain        = drain.Start
	Undrain      = drain.Undo
	Quiet        = drain.Quiet
	LeaveStreams = drain.LeaveStreams

	// Signal sends the stop signal to the main process, or SIGKILL to the whole tree. If the process does not run yet
	// the effect may be dropped: it comes again after Started. SIGKILL comes again as long as Gone does not.
	Signal struct {
		sum.AnEffect
		Gen  GenID
		Kill bool
	}

	// Discard: the generation is over, and the loop may drop its handles. No later effect names the generation.
	Discard struct {
		sum.AnEffect
		Gen GenID
	}

	// EndBeside ends what runs beside the generations: programs, and commands about events. BesideEnded follows. With
	// Now the effect says only that there is no time to wait.
	EndBeside struct {
		sum.AnEffect
		Now bool
	}

	// Done ends the loop with that exit code. Done is the last effect of all.
	Done struct {
		sum.AnEffect
		Code int
	}
)
