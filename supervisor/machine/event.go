package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Event is anything that happens: one of the types below, or an event of a build ([build.Ended]) or of a
// standby ([standby.Event]).
type Event = sum.Event

// genEvent is an event about one generation, which On returns.
type genEvent interface {
	Event
	On() GenID
}

type (
	// Request asks for a fresh generation. The request for the first one (CauseFirst) comes once. It does nothing if a
	// generation has begun for another reason.
	Request struct {
		sum.AnEvent
		Cause report.Cause  // not CauseCrash
		Files []string      // CauseChange: what has changed, for people
		Steps []report.Step // that run before the start
		Only  bool          // nothing starts after the steps
		Token report.Token  // names the caller that waits for the fate of the generation; 0: none does
	}

	// Command is a command; see Kind.
	Command struct {
		sum.AnEvent
		Do    Kind
		Token report.Token  // names the caller that waits for the reply; 0: none does
		Code  int           // StopNow: the exit code to end with, 128+signal
		Delay time.Duration // Stop: for how long what serves goes on; Sleep: for how long it had nothing to do
		Hurry bool          // Stop: somebody at a terminal waits for the end, so streams get a second only
		// OneAtATime: was refused what an older generation has; 0: none was. Sleep: had nothing to do
		Gen GenID
	}

	// Tick: the machine's next deadline has passed.
	Tick struct{ sum.AnEvent }

	// BesideEnded: nothing runs any more beside the generations, after EndBeside.
	BesideEnded struct{ sum.AnEvent }

	// Started: the main process runs. With Err nothing of the generation ever ran, and no other
	// event about the generation follows.
	Started struct {
		sum.AnEvent
		Gen     GenID
		PID     int
		Standby bool // the program was the standby
		Err     error
	}

	// Listening: a process of the generation listens. The event comes for each listen, also for a
	// second gate on the same endpoint.
	Listening handoff.Listening

	// Closed: the generation has closed its sockets of the endpoint, and the transport its own.
	Closed struct {
		sum.AnEvent
		Gen      GenID
		Endpoint handoff.Endpoint
	}

	// Ready: the generation says, or a probe found, that the generation can serve.
	Ready struct {
		sum.AnEvent
		Gen GenID
		By  string // "notify", "probe", …
		// Listens are the generation's gates as the registry has them; the events for them may come later.
		Listens []handoff.Endpoint
	}

	// Unwell: the generation was ready, and does not answer any more.
	Unwell struct {
		sum.AnEvent
		Gen GenID
		Why string
	}

	Observed = drain.Observed
	Handled  = drain.Handled

	// Exited: the main process ended.
	Exited struct {
		sum.AnEvent
		Gen  GenID
		Exit report.Exit
		Left int    // processes of the tree that are still alive
		Said string // the line of its output that names the cause; "": none does
	}

	// Gone: no process of the tree is left. Exited came before, and no event about the generation follows.
	Gone struct {
		sum.AnEvent
		Gen GenID
	}
)

func (Listening) IsEvent(sum.Seal) {}

func (e Started) On() GenID   { return e.Gen }
func (e Listening) On() GenID { return e.Gen }
func (e Closed) On() GenID    { return e.Gen }
func (e Ready) On() GenID     { return e.Gen }
func (e Unwell) On() GenID    { return e.Gen }
func (e Exited) On() GenID    { return e.Gen }
func (e Gone) On() GenID      { return e.Gen }

// Kind is what a command asks for.
type Kind string

const (
	Stop       Kind = "stop"          // drain and end; answered when everything is gone
	StopNow    Kind = "stop-now"      // kill and end; answered when everything is gone
	Rollback   Kind = "rollback"      // steer back to the generation that served before; answered at once
	OneAtATime Kind = "one at a time" // from now on the strategy is StopFirst; not answered
	Sleep      Kind = "sleep"         // what serves ends until the next client comes; not answered
	// Freeze ends the standby and then gives the next generation's number away. Nothing begins from then until Thaw.
	// The answer has the number, and comes when the standby is gone.
	Freeze Kind = "freeze"
	Thaw   Kind = "thaw" // lets generations and standbys begin again; not answered
	// Release: the generation whose number was given away serves. What is here drains and ends, also in the delay of a
	// stop, because new connections go to that generation. Not answered.
	Release Kind = "release"
)
