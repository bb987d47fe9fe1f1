package supervisor

import (
	"github.com/hotswap-dev/hotswap/handoff"
)

// effect is a deed that the machine asks for. The loop carries effects out in
// their order; one that takes time it begins, and the end of it is an event.
type effect interface{ effect() }

type (
	// fxStart begins a generation. Either evStarted follows, then evExited and
	// evGone some day; or evStartFailed and nothing.
	fxStart struct {
		gen   GenID
		cause Cause
		files []string
		// warm: the standby is to be it. Where that one is of no use it is ended,
		// and the generation starts when it is gone. No evWarmed or evCooled comes
		// any more.
		warm bool
		// spoilt: the standby has prepared itself for other files than there are
		// now, and is of no use.
		spoilt bool
	}

	// fxWarm begins a standby for the generation of that number, which has not
	// begun, made after the one that serves; 0: as the last one was. evWarmed
	// follows if it gets to where it waits; evCooled when nothing of it is left,
	// unless it is taken.
	fxWarm struct{ gen, model GenID }

	// fxPrepare has the standby, which waits, prepare what it can: a start is
	// likely to come within milliseconds. It comes once.
	fxPrepare struct{ gen GenID }

	// fxCool ends the standby. With now it comes again, if there is no time.
	fxCool struct {
		gen GenID
		now bool
	}

	// fxCutover steers all endpoints of the generation to it, without debuggers'.
	// It comes again when a serving generation listens anew.
	fxCutover struct{ gen GenID }

	// fxCanary steers that share of the new connections of all endpoints of the
	// generation to it; the rest stays where it was. The next fxCutover of
	// whomever ends it. It comes again when the generation listens anew.
	fxCanary struct {
		gen     GenID
		percent int
	}

	// fxLead steers a debugger's endpoint to the generation. It comes again when
	// that one listens there anew.
	fxLead struct {
		gen      GenID
		endpoint handoff.Endpoint
	}
	// fxDetach ends the connections that debuggers have to the generation at
	// these endpoints, as far as anybody can. It goes on as if none had come.
	fxDetach struct {
		gen       GenID
		endpoints []handoff.Endpoint
	}
	// fxDrain begins to watch the generation's connections, until evDrained.
	// Where nobody can watch them, evDrained is due at once.
	fxDrain struct {
		gen GenID
		// steered: somebody else gets the new connections. If not (stop, or
		// stop-first), the generation still does, and its first quiet moment is
		// the one to wait for: under load there may be no longer one.
		steered bool
		// held: the generation is told nothing and may have to serve again. Its
		// clients move on, and no evDrained follows.
		held bool
	}

	// fxUndrain ends that watch. Nothing may be held back or ended on the
	// program's behalf any more, and no evDrained follows.
	fxUndrain struct{ gen GenID }

	// fxStopSignal sends the stop signal. If the process does not run yet, the
	// effect may be dropped: it comes again after evStarted.
	fxStopSignal struct{ gen GenID }

	// fxKill sends SIGKILL to the whole tree. It comes again as long as evGone
	// does not. If the process does not run yet, the start is to be given up if
	// that is possible; else the effect may be dropped, like fxStopSignal.
	fxKill struct{ gen GenID }

	// fxForget: the generation is over; its timers and handles can go.
	fxForget struct{ gen GenID }

	// fxNotice tells people. One notice is one line.
	fxNotice struct{ notice Notice }

	// fxReply answers a command.
	fxReply struct {
		token  token
		result Result
	}

	// fxDone ends the loop; it is the last effect of all. Commands that arrive
	// later are the loop's to refuse.
	fxDone struct{ code int }
)

func (fxStart) effect()      {}
func (fxWarm) effect()       {}
func (fxPrepare) effect()    {}
func (fxCool) effect()       {}
func (fxCutover) effect()    {}
func (fxCanary) effect()     {}
func (fxLead) effect()       {}
func (fxDetach) effect()     {}
func (fxDrain) effect()      {}
func (fxUndrain) effect()    {}
func (fxStopSignal) effect() {}
func (fxKill) effect()       {}
func (fxForget) effect()     {}
func (fxNotice) effect()     {}
func (fxReply) effect()      {}
func (fxDone) effect()       {}

// emit adds an effect to those of the current step.
func (m *machine) emit(fx effect) { m.out = append(m.out, fx) }

// tell adds a notice to the effects of the current step.
func (m *machine) tell(n Notice) { m.emit(fxNotice{n}) }
