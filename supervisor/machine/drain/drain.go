// Package drain decides by the connections of a generation that serves no more when its program hears that nothing is
// under way, and when the program is told to stop.
//
// At a quiet moment the program hears of it ([Quiet]) and may do what it does then. When it has handled that
// ([Handled]), the next quiet moment is the one to stop in: clients may have sent requests meanwhile. While a
// generation is held it may serve again, so nothing follows from what is observed.
//
// The package is pure. The machine of generations owns a [Drain] for each, knows the deadlines, and shares the list of
// effects.
package drain

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What the loop reports.
type (
	// Observed: the connections of a generation that is held or drains stand like that.
	Observed struct {
		sum.AnEvent
		Gen       report.GenID
		Report    report.DrainReport
		Over      bool  // nobody observes them any more
		Unwatched bool  // nobody could
		Err       error // the reason, if there is one
	}

	// Handled: the program has handled what it was told by Quiet.
	Handled struct {
		sum.AnEvent
		Gen report.GenID
	}
)

// Where is where the new connections of a generation go that drains. If they cannot go there, the generation gets them,
// and its first quiet moment is the one to wait for: under load there may be no longer one.
type Where uint8

const (
	ToSuccessor Where = iota // the generation that serves
	ToQueue                  // they wait for the generation that begins when this one has ended
	// ToActivator: no generation follows. Where a socket activator has the socket, too, what the activator starts next
	// accepts from it.
	ToActivator
)

// To returns where the new connections of a generation go that drains: successor has taken its clients; 0: none has.
func To(successor report.GenID, stopping bool) Where {
	switch {
	case successor != 0:
		return ToSuccessor
	case stopping:
		return ToActivator
	}
	return ToQueue
}

// What the loop is to do.
type (
	// Start has the generation's connections observed: events Observed follow. When probation ends, Start follows a
	// Start with Held.
	Start struct {
		sum.AnEffect
		Gen report.GenID
		To  Where // new connections go
		// Reserve: the program is told nothing and may have to serve again. The clients move on.
		Reserve bool
	}

	// Undo ends a Start with Held, because the generation serves again: its connections are its own, and no event about
	// them follows.
	Undo struct {
		sum.AnEffect
		Gen report.GenID
	}

	// Quiet tells the program of a generation that drains that nothing is under way any more. Handled follows.
	Quiet struct {
		sum.AnEffect
		Gen report.GenID
	}

	// LeaveStreams has streams of the generation ended.
	LeaveStreams struct {
		sum.AnEffect
		Gen report.GenID
	}
)

func (e Observed) On() report.GenID { return e.Gen }
func (e Handled) On() report.GenID  { return e.Gen }

// stage says how far a drain has come.
type stage uint8

const (
	busy     stage = iota // until nothing of the connections is under way
	handling              // the program does what it does when it has drained
	handled               // until nothing is under way
	done                  // the program was told to stop
)

// Drain is the drain of one generation. The zero value is one of which nothing is known.
type Drain struct {
	Observed Observed           // the newest
	Left     bool               // streams are not waited for
	AtLeave  report.DrainReport // how the connections stood then
	stage    stage
}

// Observe notes how the connections stand, and reports whether the last answer has ended that was being sent and read.
func (d *Drain) Observe(ev Observed) (ended bool) {
	ended = d.Observed.Report.Flowing > 0 && ev.Report.Flowing == 0
	d.Observed = ev
	return ended
}

// Handle notes that the program has handled the quiet moment.
func (d *Drain) Handle() { d.stage = handled }

// Next takes the next step, and reports whether nothing is under way any more, or only what nobody waits for. hurries:
// somebody at a terminal has waited for long enough for streams, or for answers beyond the time that a drain has
// (stayed).
func (d *Drain) Next(gen report.GenID, hurries, stayed bool, out *sum.Effects) (stop bool) {
	r := d.Observed.Report
	leaves := hurries && !d.Left && (stayed || r.Streams > 0 && r.Busy == r.Streams && r.Waiting == 0)
	if leaves {
		d.Left, d.AtLeave = true, r
		out.Emit(LeaveStreams{Gen: gen})
	}
	switch quiet := d.Left || d.Observed.Over || r.Idle && r.Retired; {
	case quiet && d.stage == busy:
		d.stage = handling
		out.Emit(Quiet{Gen: gen})
	case quiet && d.stage == handled:
		d.stage = done
		return true
	}
	return leaves && d.stage == done // a server such as uvicorn, which stops when its streams have ended
}
