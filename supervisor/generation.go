package supervisor

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// GenID numbers generations from 1; zero is hotswap itself.
type GenID = handoff.GenID

// Cause is why a generation was begun.
type Cause string

const (
	CauseFirst   Cause = "first"   // hotswap began
	CauseChange  Cause = "change"  // files changed
	CauseCommand Cause = "command" // somebody asked
	CauseCrash   Cause = "crash"   // the one before ended by itself, or failed
)

// deliberate tells a cause that somebody wished for from one that happened.
func (c Cause) deliberate() bool { return c == CauseChange || c == CauseCommand }

// Generation is one run of the command, as facts. The machine owns it and
// changes it in place; whoever else needs one takes a copy from Status.
type Generation struct {
	ID    GenID // constant
	Cause Cause // constant
	Files []string
	Build time.Duration // what it took to build it; 0: nothing was built for it

	State State
	Pid   int  // of the main process; 0 until it started
	Warm  bool // it was a standby

	Endpoints []handoff.Endpoint // listened on, in order; without debuggers
	Debuggers []handoff.Endpoint // inspectors' endpoints: steered by themselves, never counted
	Waits     bool               // a process of it runs nothing before its debugger has come
	Reference []handoff.Endpoint // what it must listen on after the one it replaces has died, or was another hotswap's; else nil
	Told      string             // how it was found ready, if that was told; else ""
	Promised  []handoff.Endpoint // what it had gates on when that was told
	ReadyBy   string             // "listen", "settle", or what an explicit readiness said

	StartedAt time.Time // when the start effect was given
	ServingAt time.Time // zero until it serves
	DrainAt   time.Time // zero until it drains
	EndedAt   time.Time // zero until its main process ended, did not start, or was given up

	Exited  bool // the main process has ended; Exit says how
	Exit    Exit
	Left    int   // processes of the tree that were alive when the main one ended
	Err     error // why it could not be started
	Lost    bool  // its session ended early: no listen of it can be seen
	Overdue bool  // it was not ready in time, and is left alone: nothing else serves

	Lived     bool   // people have heard that it runs
	Unix      string // a unix address at which it listens, as an earlier one did; "": none is known
	Blocked   int    // its calls that wait for an older generation
	Abandoned bool   // superseded or stopped before it was ready
	Blocks    bool   // the next start waits until it is gone
	StopSent  bool   // it got the stop signal
	Idle      bool   // draining, and nothing was busy any more
	Blind     bool   // its connections could not be watched
	Killed    bool   // it got SIGKILL
	SucceedBy GenID  // who took its clients; 0 if nobody did

	Failed         bool  // it failed while clients were steered to it
	Rejected       bool  // somebody wished it away: it is not served from again
	RolledBackFrom GenID // it serves again, instead of that newer one; 0: it does not

	due    deadlines
	tokens []token // commands that wait for its fate
}

// orphaned tells that the main process has ended and others of the tree have
// not: a wrapper is gone, the server below it may still serve.
func (g *Generation) orphaned() bool { return g.State == StateServing && g.Exited }

// served tells whether clients were ever steered to it.
func (g *Generation) served() bool { return !g.ServingAt.IsZero() }

// listen records an endpoint and tells whether it is a new one.
func (g *Generation) listen(e handoff.Endpoint, debugger bool) bool {
	list := &g.Endpoints
	if debugger {
		list = &g.Debuggers
	}
	if slices.Contains(*list, e) {
		return false
	}
	*list = append(*list, e)
	return true
}

// missing are the endpoints of want that it does not listen on.
func (g *Generation) missing(want []handoff.Endpoint) []handoff.Endpoint {
	var out []handoff.Endpoint
	for _, e := range want {
		if !slices.Contains(g.Endpoints, e) {
			out = append(out, e)
		}
	}
	return out
}
