package supervisor

import "github.com/hotswap-dev/hotswap/handoff"

// commandKind is what a command asks for.
type commandKind uint8

const (
	cmdStop     commandKind = iota + 1 // drain and end; answered when everything is gone
	cmdStopNow                         // kill and end; answered when everything is gone
	cmdRollback                        // steer back to the generation that served before; answered at once
	// cmdHandOver ends the standby and then gives the next generation's number to another
	// hotswap. Nothing begins from then until cmdTakeBack. The answer has the number, and comes
	// when the standby is gone.
	cmdHandOver
	cmdTakeBack
)

// token names a caller that waits for a reply; the loop keeps the channel.
type token uint64

// Outcome is how a command ended.
type Outcome string

const (
	OutcomeServes     Outcome = "serves"      // reload: the new generation serves
	OutcomeRuns       Outcome = "runs"        // reload: the new generation runs, and listens on nothing
	OutcomeFailed     Outcome = "failed"      // reload: it did not get ready; see Why and Err
	OutcomeFinished   Outcome = "finished"    // reload: it did its work and ended with code 0
	OutcomeUnready    Outcome = "unready"     // reload: it runs, is not ready in time, and nothing else serves
	OutcomeSuperseded Outcome = "superseded"  // reload: a rollback took its place
	OutcomeRolledBack Outcome = "rolledback"  // rollback: Gen serves again
	OutcomeNothing    Outcome = "nothing"     // rollback: no older generation can serve any more
	OutcomeStopped    Outcome = "stopped"     // stop, stop now: done
	OutcomeStopping   Outcome = "stopping"    // not done, because hotswap is ending
	OutcomeHandedOver Outcome = "handed over" // hand over: Gen is the other hotswap's
	OutcomeTakenBack  Outcome = "taken back"  // take back: done
)

// Result is the reply to a command.
type Result struct {
	Outcome Outcome
	Gen     GenID         // the generation that was begun, steered back to or given away; 0 if there is none
	By      GenID         // OutcomeSuperseded: the one that serves again
	Why     Why           // OutcomeFailed
	Exit    Exit          // OutcomeFailed with WhyExited
	Err     error         // OutcomeFailed with WhyNotStarted
	Build   *BuildFailure // OutcomeFailed with WhyBuild: no generation was begun

	Post    PostMortem // OutcomeFailed; the loop's
	Unready string     // OutcomeFailed, OutcomeUnready: as in NoticeFailed; the loop's

	Debuggers []handoff.Endpoint // OutcomeFailed with WhyTimeout, OutcomeUnready: a debugger may have stopped it
	Waits     bool               // OutcomeUnready: it waits for a debugger, or did
}
