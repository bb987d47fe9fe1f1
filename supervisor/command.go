package supervisor

import "github.com/hotswap-dev/hotswap/handoff"

// commandKind is what a command asks for.
type commandKind uint8

const (
	// cmdStop drains and ends. Answered when everything is gone.
	cmdStop commandKind = iota + 1
	// cmdStopNow kills and ends. Answered when everything is gone.
	cmdStopNow
	// cmdRollback steers back to the generation that served before, while that
	// one still can. Answered at once.
	cmdRollback
	// cmdHandOver ends the standby and then gives the next generation's number
	// away, for another hotswap. From then on nothing begins until cmdTakeBack.
	// Answered, with the number, when the standby is gone.
	cmdHandOver
	cmdTakeBack
)

// token names a command that waits for its reply; the loop keeps the channel.
type token uint64

// Outcome is how a command ended.
type Outcome string

const (
	OutcomeServes     Outcome = "serves"      // swap: the new generation serves
	OutcomeFailed     Outcome = "failed"      // swap: it did not get ready; the reason is in Why and Err
	OutcomeSuperseded Outcome = "superseded"  // swap: a rollback took its place
	OutcomeStopping   Outcome = "stopping"    // swap: not done, hotswap is ending
	OutcomeStopped    Outcome = "stopped"     // stop, stop now: done
	OutcomeRolledBack Outcome = "rolledback"  // rollback: Gen serves again
	OutcomeNothing    Outcome = "nothing"     // rollback: no older generation can serve any more
	OutcomeFinished   Outcome = "finished"    // swap: it did its work and ended with code 0
	OutcomeUnready    Outcome = "unready"     // swap: it runs, is not ready in time, and nothing else serves
	OutcomeRuns       Outcome = "runs"        // swap: the new generation runs, and listens on nothing
	OutcomeHandedOver Outcome = "handed over" // hand over: Gen is the other hotswap's
	OutcomeTakenBack  Outcome = "taken back"  // take back: done
)

// Result is the reply to a command.
type Result struct {
	Outcome Outcome
	Gen     GenID         // the generation that the command began, steered back to or gave away; 0 if there is none
	By      GenID         // OutcomeSuperseded: the one that serves again
	Why     Why           // OutcomeFailed
	Exit    Exit          // OutcomeFailed with WhyExited
	Err     error         // OutcomeFailed with WhyNotStarted
	Build   *BuildFailure // OutcomeFailed with WhyBuild: no generation was begun

	Post    PostMortem // OutcomeFailed; the loop's
	Unready string     // OutcomeFailed, OutcomeUnready: as in NoticeFailed; the loop's

	Debuggers []handoff.Endpoint // OutcomeFailed with WhyTimeout, OutcomeUnready: one may have stopped it
	Waits     bool               // OutcomeUnready: it waits for one, or did
}
