package supervisor

import "github.com/hotswap-dev/hotswap/handoff"

// effect is an action that the machine asks for. The loop carries effects out in their
// order. An action that takes time is only begun; its end is an event.
type effect any

type (
	// fxStart begins a generation. An evStarted follows; then, unless it has an error,
	// evExited and evGone some day.
	fxStart struct {
		gen   GenID
		cause Cause
		files []string
		// standby: the generation adopts the standby. ahead: it starts cold, but as a standby
		// that was adopted. In both cases its own code does not run before fxResume. Where the
		// standby is of no use the loop ends it, and starts the generation as any other when it
		// is gone; an evCold comes before.
		standby, ahead bool
	}

	// fxResume lets the own code run of a generation that waits.
	fxResume struct{ gen GenID }

	// fxValidate has it looked at whether what a generation has read until now, which has not
	// begun its own code, is still so.
	fxValidate struct{ gen GenID }

	// fxBuild begins a build. An evBuilt follows.
	fxBuild struct {
		build int
		steps []Step
	}

	// fxThen calls what waited for the end of steps.
	fxThen struct{ calls []func() }

	// fxBuildGoesOn lets the step run for which an evBuildAlone came.
	fxBuildGoesOn struct{ build int }

	// fxYieldBuild ends a build at once if a step runs that is one of to, else after the steps
	// that run. It comes again for each newer request.
	fxYieldBuild struct {
		build int
		to    []Step
	}

	// fxStopBuild ends a build. It comes again, with now, if there is no time to wait.
	fxStopBuild struct {
		build int
		now   bool
	}

	// fxCutover steers all endpoints of the generation to it, but for debuggers'. The effect
	// comes again when the generation listens anew.
	fxCutover struct{ gen GenID }

	// fxRouteDebugger steers a debugger's endpoint to the generation. It comes again when
	// the generation listens there anew.
	fxRouteDebugger struct {
		gen      GenID
		endpoint handoff.Endpoint
	}

	// fxCloseDebuggers ends the connections that debuggers have to the generation at these
	// endpoints, as far as possible.
	fxCloseDebuggers struct {
		gen       GenID
		endpoints []handoff.Endpoint
	}

	// fxDrain begins to watch the generation's connections, until evDrained. Where they
	// cannot be watched, evDrained is due at once.
	fxDrain struct {
		gen GenID
		// steered: the new connections go elsewhere. If not (stop, or stop-first), the
		// generation still gets them, and its first quiet moment is the one to wait for:
		// under load there may be no longer one.
		steered bool
		// held: the program is told nothing and may have to serve again. Its clients move
		// on, and no evDrained follows.
		held bool
	}

	// fxDrainSignal tells the program by a signal that it gets no new connections. fxDrain follows.
	fxDrainSignal struct{ gen GenID }

	// fxTellDrained tells the program that nothing of its generation is under way any more. evDrained is
	// due when the program has handled that.
	fxTellDrained struct{ gen GenID }

	// fxUndrain ends that watch: no evDrained follows, and nothing of the program is held
	// back or ended any more.
	fxUndrain struct{ gen GenID }

	// fxSignal sends the stop signal to the main process, or SIGKILL to the whole tree.
	// If the process does not run yet the effect may be dropped: it comes again after
	// evStarted. SIGKILL comes again as long as evGone does not.
	fxSignal struct {
		gen  GenID
		kill bool
	}

	// fxForget: the generation is over, and its handles can go. No later effect names it.
	fxForget struct{ gen GenID }

	// fxNotice tells people. One notice is one line.
	fxNotice struct{ notice Notice }

	// fxReply answers a command.
	fxReply struct {
		token  token
		result Result
	}

	// fxDone ends the loop with that exit code. It is the last effect of all.
	fxDone struct{ code int }
)

// emit adds effects to those of the current step.
func (m *machine) emit(fx ...effect) { m.out = append(m.out, fx...) }

// tell adds a notice to the effects of the current step.
func (m *machine) tell(n Notice) { m.emit(fxNotice{n}) }

// answer replies to each of the callers.
func (m *machine) answer(tokens []token, r Result) {
	for _, t := range tokens {
		m.emit(fxReply{token: t, result: r})
	}
}
