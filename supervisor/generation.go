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
	CauseCommand Cause = "command" // a command asked for it
	CauseCrash   Cause = "crash"   // the one before ended by itself, or failed
)

// deliberate reports whether people asked for the generation.
func (c Cause) deliberate() bool { return c == CauseChange || c == CauseCommand }

// signalSent is the strongest signal that a generation got.
type signalSent uint8

const (
	signalNone signalSent = iota
	signalStop
	signalKill
)

// traffic is what is known of the connections of a generation that drains.
type traffic uint8

const (
	trafficBusy      traffic = iota // at the last look something was under way
	trafficIdle                     // nothing is
	trafficUnwatched                // the connections cannot be watched, so nothing is waited for
)

// Generation is one run of the command, as facts. The machine owns a Generation and
// changes it in place; others get copies of its facts from Status.
type Generation struct {
	ID      GenID
	Cause   Cause
	Files   []string
	Build   time.Duration // what its builds took; 0: no step has run for it
	Ran     []Step        // the steps that have run for it
	State   State
	PID     int           // of the main process; 0 until it started
	Standby bool          // it was a standby
	Spared  time.Duration // how long the standby had booted when it was adopted
	Unbegun bool          // none of its own code has run: that begins with fxResume, or after evCold

	Endpoints []handoff.Endpoint // that it listens on, in order; without debuggers'
	Debuggers []handoff.Endpoint // inspectors' endpoints: steered by themselves, never counted
	Waits     bool               // a process of it runs nothing before a debugger has connected
	Unix      string             // a unix address at which it listens, as an earlier one did
	// Required is what it must listen on if the generation that it replaces has died, or
	// was another hotswap's; else nil.
	Required    []handoff.Endpoint
	ReadySource string             // what said that it is ready; "" if nothing did
	Announced   []handoff.Endpoint // what it had gates on then

	StartedAt time.Time // when the start effect was given
	ServingAt time.Time // zero until it serves
	DrainAt   time.Time // zero until it drains
	EndedAt   time.Time // zero until its main process ended, did not start, or was given up

	Exited bool // the main process has ended
	Exit   Exit
	Left   int   // processes of the tree that were alive when the main one ended
	Err    error // why it could not be started

	TrackingLost bool // its session ended early: its listens cannot be seen
	Overdue      bool // it was not ready in time, and is left alone: nothing else serves
	Runs         bool // people have heard that it runs without listening
	Blocked      int  // its calls that wait for an older generation

	Abandoned bool       // superseded or stopped before it was ready
	Alone     bool       // abandoned while nothing served: the next start waits until it is gone
	Signal    signalSent // the strongest that it got
	Traffic   traffic
	Successor GenID // the generation that took its clients; 0 if none did

	// Final: the program was told that it does not serve again, so it never does. What it had open for
	// requests may be closed.
	Final          bool
	Failed         bool  // it failed while clients were steered to it, or was rolled back: it never serves again
	RolledBackFrom GenID // it serves again, instead of that newer one; 0: it does not

	due    deadlines
	tokens []token // of the callers that wait for its fate
}

// orphaned reports whether the main process has ended while others of the tree live on:
// a wrapper is gone, and the server below it may still serve.
func (g *Generation) orphaned() bool { return g.State == StateServing && g.Exited }

// served reports whether clients were ever steered to it.
func (g *Generation) served() bool { return !g.ServingAt.IsZero() }

// drains reports whether g counts against the limit of draining generations.
func (g *Generation) drains() bool {
	return g.State == StateDraining && g.served() && g.Signal != signalKill
}

// unsignaled reports whether g, which served, drains and was not told to stop.
func (g *Generation) unsignaled() bool {
	return g.State == StateDraining && g.served() && !g.Exited && g.Signal == signalNone
}

// runs reports whether g is a boot of which people have heard that it runs.
func (g *Generation) runs() bool { return g != nil && g.Runs && g.State == StateStarting }

// listen records an endpoint, and reports whether it is a new one.
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

// missing returns the endpoints of list that g does not listen on.
func (g *Generation) missing(list []handoff.Endpoint) []handoff.Endpoint {
	var out []handoff.Endpoint
	for _, e := range list {
		if !slices.Contains(g.Endpoints, e) {
			out = append(out, e)
		}
	}
	return out
}

// warm reports whether a standby had most of the boot behind it.
func (g *Generation) warm() bool {
	return g.Standby && g.served() && g.Spared > g.ServingAt.Sub(g.StartedAt)
}
