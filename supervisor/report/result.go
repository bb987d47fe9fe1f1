package report

import "github.com/hotswap-dev/hotswap/handoff"

// GenID numbers generations from 1; zero is hotswap itself.
type GenID = handoff.GenID

// Cause is why a generation was started.
type Cause string

const (
	CauseFirst   Cause = "first"   // hotswap began
	CauseChange  Cause = "change"  // files changed
	CauseCommand Cause = "command" // a command asked for it
	CauseCrash   Cause = "crash"   // the one before ended by itself, or failed
	CauseClient  Cause = "client"  // a client came while the program slept
)

// Origin is why a generation or a build was started.
type Origin struct {
	Cause Cause
	Files []string // CauseChange: what has changed, for people
}

// Outcome is how a command ended.
type Outcome string

const (
	OutcomeServes     Outcome = "serves"     // reload, wait: the new generation serves
	OutcomeRuns       Outcome = "runs"       // reload, wait: the new generation runs, and listens on nothing
	OutcomeFailed     Outcome = "failed"     // reload, wait: it did not get ready; see Why and Err
	OutcomeFinished   Outcome = "finished"   // reload, wait: it did its work and ended with code 0
	OutcomeUnready    Outcome = "unready"    // reload: it runs, is not ready in time, and nothing else serves
	OutcomeSuperseded Outcome = "superseded" // reload: a rollback took its place
	OutcomeRolledBack Outcome = "rolledback" // rollback: Gen serves again
	// rollback: no older generation can serve any more; pause: no files are watched; resume: changes were not paused
	OutcomeNothing  Outcome = "nothing"
	OutcomePaused   Outcome = "paused"   // pause, wait: changes of files are kept, also if they were before
	OutcomeResumed  Outcome = "resumed"  // resume: one swap follows if files have changed
	OutcomeStopped  Outcome = "stopped"  // stop, stop now: done
	OutcomeStopping Outcome = "stopping" // not done, because hotswap is ending
	OutcomeNumber   Outcome = "number"   // Gen is given to no generation here
)

// Token names a caller that waits for a reply; the loop keeps the caller. 0: no caller waits.
type Token uint64

// Result is the reply to a command, or how a generation has failed.
type Result struct {
	Outcome  Outcome
	Gen      GenID         // the generation that was started, steered back to or given away; 0 if there is none
	By       GenID         // OutcomeSuperseded, WhySuperseded: what takes its place
	Why      Why           // OutcomeFailed
	Exit     Exit          // OutcomeFailed with WhyExited
	Err      error         // OutcomeFailed with WhyNotStarted
	Build    *BuildFailure // OutcomeFailed with WhyBuild: no generation was started
	Listened bool          // OutcomeFailed: at an address, but it was not ready

	Post PostMortem // OutcomeFailed; the loop's
	// OutcomeFailed, OutcomeUnready: what it lacks by its own account or a probe's, or ""; the loop's
	Unready string
	Reason  string // OutcomeFailed, OutcomeUnready, OutcomeSuperseded: for people; the loop's

	Debuggers []handoff.Endpoint // OutcomeFailed with WhyTimeout, OutcomeUnready: a debugger may have stopped it
}
