package commands

import (
	"context"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Wait returns what became of the newest change of files, as soon as nothing is under way. Changes count that were
// made before the call, also those for which hotswap still waits whether more follow.
func (w *Commands) Wait(ctx context.Context) (res control.Result, err error) {
	if err := w.Steering.Wait(ctx); err != nil {
		return res, err
	}
	if w.Changes != nil {
		if err := w.Changes.Sync(ctx); err != nil {
			return res, err
		}
	}
	w.Supervisor.BesideRests(ctx)
	for {
		if err := w.Steering.Moved(); err != nil {
			return res, err
		}
		st, again := w.Supervisor.Status(), (<-chan time.Time)(nil)
		// While a command beside the program has failed, what it has written waits.
		failed := slices.ContainsFunc(st.Beside, func(b report.BesideStatus) bool { return b.Failed })
		switch {
		case st.Paused != nil:
			return control.Result{Outcome: report.OutcomePaused}, nil
		case w.Changes != nil && !failed && !w.Changes.Settled():
			again = time.After(wait.Poll)
		case st.State == report.PhaseAsleep:
			w.Supervisor.Wake() // else the newest save would wait for a client
		default:
			if res := outcome(w.Supervisor.Current()); res.Outcome != "" {
				if w.Changes != nil {
					for _, i := range w.Changes.Ignored() {
						res.Ignored += "\n" + plain.Short("ignored "+i.File+": "+i.Reason, 200)
					}
				}
				return res, nil
			}
		}
		select {
		case <-st.Changed:
		case <-again:
		case <-ctx.Done():
			return res, ctx.Err()
		}
	}
}

// outcome returns what became of the newest change; without an Outcome: that is not known yet.
func outcome(st report.Status) control.Result {
	res, newest := control.Result{Generation: int(st.Generation)}, 0
	if n := len(st.Lives); n > 0 {
		newest = int(st.Lives[n-1].Gen)
	}
	switch {
	case st.State == report.PhaseStopping, st.State == report.PhaseStopped:
		res.Outcome = report.OutcomeStopping
	// it counts as one that starts, for ever
	case st.State == report.PhaseRunning && st.Build == nil && st.Failure == nil:
		res.Outcome, res.Generation = report.OutcomeRuns, newest
	case st.CrashLoop > 0 && st.Failure == nil: // it serves, as long as that lasts
		res.Outcome, res.Reason = report.OutcomeFailed, "crash loop: "+human.Count(st.CrashLoop, "crash")+" in a row"
	case st.UnderWay && st.CrashLoop == 0 && (st.State != report.PhaseRunning || st.Build != nil):
		return res
	case st.Failure != nil:
		res = control.Result{Outcome: report.OutcomeFailed, Generation: int(st.Failure.Generation),
			Reason: human.Dots(st.Failure.Reason, st.Failure.Cause())}
	case st.State == report.PhaseServing && slices.ContainsFunc(st.Generations, rests):
		return res // a client that has a connection already may still get an old answer
	case st.State == report.PhaseServing:
		res.Outcome = report.OutcomeServes
	case st.State == report.PhaseWaiting && newest > 0:
		res.Outcome, res.Generation = report.OutcomeFinished, newest
	}
	return res
}

func rests(g report.GenerationStatus) bool { return g.Rests }
