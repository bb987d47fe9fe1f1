package commands

import (
	"context"

	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Pause keeps changes of files from becoming swaps until Resume.
func (w *Commands) Pause(ctx context.Context) (control.Result, error) {
	if err := w.Turn.Wait(ctx); err != nil || w.Changes == nil {
		return control.Result{Outcome: report.OutcomeNothing}, err
	}
	if w.Supervisor.SetPaused(true) {
		w.Reporter.Paused()
	}
	return control.Result{Outcome: report.OutcomePaused}, nil
}

// Resume makes one swap of all that was kept.
func (w *Commands) Resume(ctx context.Context) (control.Result, error) {
	if err := w.Turn.Wait(ctx); err != nil || w.Changes == nil {
		return control.Result{Outcome: report.OutcomeNothing}, err
	}
	files := w.Changes.Kept()
	if !w.Supervisor.SetPaused(false) {
		return control.Result{Outcome: report.OutcomeNothing}, nil
	}
	w.Reporter.Resumed(files)
	return control.Result{Outcome: report.OutcomeResumed, Files: files}, nil
}

// togglePause does what the key does. The key may be pressed again while it waits for this
// hotswap's turn.
func (w *Commands) togglePause(ctx context.Context) {
	w.toggling.Lock()
	defer w.toggling.Unlock()
	switch {
	case w.Changes == nil:
		w.Reporter.NothingToPause()
	case w.Supervisor.Current().Paused != nil:
		_, _ = w.Resume(ctx)
	default:
		_, _ = w.Pause(ctx)
	}
}
