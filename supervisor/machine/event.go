package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Event is anything that happens: one of the types below, or an event of a build ([build.Ended]) or
// of a standby ([standby.Event]). The machine ignores what it does not know.
type Event any

// genEvent is an event about one generation. on returns the generation and the event's column in the
// table of accepted events.
type genEvent interface{ on() (GenID, column) }

// column is the column of an event in the table of accepted events.
type column uint8

const (
	onStarted column = iota
	onListening
	onReady
	onExtend
	onTrackingLost
	onRested
	onFlowing
	onDrained
	onExited
	onGone
	columns
)

type (
	// Request asks for a fresh generation. The request for the first one (CauseFirst) comes once,
	// before all other events.
	Request struct {
		Cause report.Cause  // not CauseCrash
		Files []string      // CauseChange: what has changed, for people
		Steps []report.Step // that run before the start
		Only  bool          // nothing starts after the steps
		Then  report.Token  // names the caller that waits for the end of the steps; 0: none does
		Token report.Token  // names the caller that waits for the fate of the generation; 0: none does
	}

	// Command is a command; see Kind.
	Command struct {
		Do    Kind
		Token report.Token  // names the caller that waits for the reply; 0: none does
		Code  int           // StopNow: the exit code to end with, 128+signal
		Delay time.Duration // Stop: for how long what serves goes on
		Gen   GenID         // Alone: was refused what an older generation has; 0: none was
	}

	// Tick: the machine's next deadline has passed.
	Tick struct{}

	// Started: the main process runs. With Err nothing of the generation ever ran, and no other
	// event about the generation follows.
	Started struct {
		Gen     GenID
		PID     int
		Standby bool // the program was the standby
		Err     error
	}

	// Listening: a process of the generation listens. The event comes for each listen, also for a
	// second gate on the same endpoint.
	Listening struct {
		Gen      GenID
		Endpoint handoff.Endpoint
		Debugger bool // the endpoint is an inspector's, which never counts for readiness
		Waits    bool // the program runs nothing before a debugger has connected
	}

	// Ready: the generation says, or a probe found, that the generation can serve.
	Ready struct {
		Gen GenID
		By  string // "notify", "probe", …
		// Listens are the generation's gates as the registry has them; the events for them may come
		// later.
		Listens []handoff.Endpoint
	}

	// Extend: the generation asks for more time to boot.
	Extend struct {
		Gen GenID
		By  time.Duration // from now
	}

	// TrackingLost: the session that sees the generation's listens ended early.
	TrackingLost struct {
		Gen GenID
		Err error
	}

	// Rested: no process of the generation has wanted a processor for a while, and no file names a server.
	Rested struct{ Gen GenID }

	// Flowing: so many answers of a draining generation are being sent and read.
	Flowing struct {
		Gen     GenID
		Answers int
	}

	// Drained: nothing of a draining generation is busy any more, and the program has handled that.
	Drained struct {
		Gen       GenID
		Unwatched bool // or the connections cannot be watched
		Streams   bool // or only streams are left, for which nobody waits any longer
	}

	// Exited: the main process ended.
	Exited struct {
		Gen  GenID
		Exit report.Exit
		Left int    // processes of the tree that are still alive
		Said string // the line of its output that names the cause; "": none does
	}

	// Gone: no process of the tree is left. Gone is the last event of a generation that was
	// started.
	Gone struct{ Gen GenID }
)

func (e Started) on() (GenID, column)      { return e.Gen, onStarted }
func (e Listening) on() (GenID, column)    { return e.Gen, onListening }
func (e Ready) on() (GenID, column)        { return e.Gen, onReady }
func (e Extend) on() (GenID, column)       { return e.Gen, onExtend }
func (e TrackingLost) on() (GenID, column) { return e.Gen, onTrackingLost }
func (e Rested) on() (GenID, column)       { return e.Gen, onRested }
func (e Flowing) on() (GenID, column)      { return e.Gen, onFlowing }
func (e Drained) on() (GenID, column)      { return e.Gen, onDrained }
func (e Exited) on() (GenID, column)       { return e.Gen, onExited }
func (e Gone) on() (GenID, column)         { return e.Gen, onGone }

// Kind is what a command asks for.
type Kind uint8

const (
	Stop     Kind = iota + 1 // drain and end; answered when everything is gone
	StopNow                  // kill and end; answered when everything is gone
	Rollback                 // steer back to the generation that served before; answered at once
	Alone                    // from now on the strategy is StopFirst; not answered
	// HandOver ends the standby and then gives the next generation's number to another hotswap.
	// Nothing begins from then until TakeBack. The answer has the number, and comes when the
	// standby is gone.
	HandOver
	TakeBack
	Succeed // the other hotswap's generation serves: drain and end, and say nothing; not answered
)
