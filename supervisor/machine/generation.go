package machine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// GenID numbers generations from 1; zero is hotswap itself.
type GenID = handoff.GenID

// Generation is one run of the command, with every process below it. The fields hold for its whole life; what
// holds only in a state is in State.
type Generation struct {
	report.Life               // what the status remembers also when the generation is gone; others have its lists, too
	For         build.Request // what the generation was started for, and who waits for its fate
	PID         int           // of the main process; 0 until it started
	Standby     bool          // the program was a standby

	Debuggers    []handoff.Endpoint // inspectors' endpoints: steered by themselves, never counted
	DebugsItself bool               // it connects there itself before it runs the program
	Lived        bool               // it has run for a while without listening, so it may be at work

	Exited bool // the main process has ended
	Exit   report.Exit
	Said   string // of why it ended
	Left   int    // processes of the tree that were alive when the main one ended

	Drain drain.Drain // by its connections, while the generation is held or drains

	Sent Sent      // the strongest signal that the generation got
	Kill time.Time // when SIGKILL is due, or due again; zero: it is not. A move to another state clears it

	State State
}

// Starting is what holds for a generation that boots.
type Starting struct {
	// Required is what the generation must listen on if the one that it replaces has died, or was
	// another hotswap's; else nil.
	Required  []handoff.Endpoint
	ReadyBy   string             // what said that the generation is ready; "": nothing did
	Announced []handoff.Endpoint // what the generation had gates on then

	ReadyUntil time.Time // the deadline of the boot; this and the next three: zero if there is none
	Complete   time.Time // the generation has not listened anew for long enough
	Lived      time.Time // the generation has run for a while without listening
	Spared     time.Time // a newer request waits until then
}

// Serving is what holds for the generation that new connections are steered to.
type Serving struct {
	RolledBackFrom GenID // it serves again, instead of that newer one; 0: it does not
}

// Reserve has the facts of a generation that can serve again at once.
type Reserve struct {
	Successor GenID     // the generation that took its clients
	Until     time.Time // the end of the successor's probation
}

// Draining has the facts of a generation that finishes what it has.
type Draining struct {
	Since     time.Time
	Successor GenID     // the generation that took its clients, after a rollback an older one; 0 if none did
	Idle      bool      // nothing of its connections is under way, or they cannot be watched
	Stop      time.Time // when the stop signal is due, busy or not; zero: it is not
	// for answers that are being sent and read, after the time that any drain has; also when that was cut short
	Stays     bool
	AtStop    report.DrainReport // how the connections stood when the stop signal was sent
	Signalled time.Time          // when the stop signal was sent; zero: it was not
	// why the stop signal did not wait until nothing was under way; "": it did, or was not sent
	Cut         report.Cut
	BlocksStart bool // superseded while nothing served: the next start waits until it is gone
}

// Over has the fact of a generation that has ended, and of whose tree something may be left.
type Over struct {
	Failed bool // it ended, or was given up, as it should not
}

// Sent is the strongest signal that a generation got.
type Sent uint8

const (
	SentNone Sent = iota
	SentStop
	SentKill
)

// orphaned reports whether the main process has ended while others of the tree live on:
// a wrapper is gone, and the server below it may still serve.
func (g *Generation) orphaned() bool { return is[*Serving](g) && g.Exited }

// served reports whether clients were ever steered to g. One that drains and never served was given up while it booted.
func (g *Generation) served() bool { return !g.Served.IsZero() }

// runs reports whether g is a boot of which people have heard that it runs.
func (g *Generation) runs() bool { return g != nil && g.Runs && is[*Starting](g) }

// missing returns the endpoints of list that g does not listen on.
func (g *Generation) missing(list []handoff.Endpoint) []handoff.Endpoint {
	return slices.DeleteFunc(slices.Clone(list), func(e handoff.Endpoint) bool { return slices.Contains(g.Serves, e) })
}

// end notes when the generation ended: the first time counts.
func (g *Generation) end(now time.Time) {
	if g.Ended.IsZero() {
		g.Ended = now
	}
}

// life returns the generation's history.
func (g *Generation) life() report.Life {
	l := g.Life
	l.Failed, l.Runs = l.Failed || g.State.name() == report.StateFailed, l.Runs && !g.served()
	return l
}

// release returns the request that g was started for, with the callers that wait, whom g has no more. If g was reported
// as running, people know its files and its build, so the next start has only its own.
func (g *Generation) release() build.Request {
	r := g.For
	g.For.Tokens = nil
	if g.Runs {
		r.Files, r.Took, r.Ran = nil, 0, nil
	}
	return r
}
