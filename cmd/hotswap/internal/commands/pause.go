package commands

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// pauses are the reasons why changes of files do not become swaps.
type pauses struct {
	mu     sync.Mutex
	person bool            // has asked for it
	end    *time.Timer     // of that; nil: nothing but another command ends it
	holds  map[string]bool // of clients that live, by random names
}

// Pause keeps changes of files from becoming swaps until Resume, or for a time; 0: without end.
func (w *Commands) Pause(ctx context.Context, limit time.Duration) (control.Result, error) {
	return w.keep(ctx, func(p *pauses) {
		if p.person = true; p.end != nil {
			p.end.Stop()
			p.end = nil
		}
		if limit > 0 {
			var end *time.Timer
			end = time.AfterFunc(limit, func() {
				_, _ = w.release(context.Background(), func(p *pauses) { p.person = p.person && p.end != end })
			})
			p.end = end
		}
	})
}

// Hold does so until ctx ends, or Resume is told the name that begun gets.
func (w *Commands) Hold(ctx context.Context, begun func(control.Result)) error {
	name := rand.Text()
	r, err := w.keep(ctx, func(p *pauses) { p.holds[name] = true })
	if err != nil {
		return err
	}
	r.Hold = name
	begun(r)
	<-ctx.Done()
	_, err = w.Resume(context.WithoutCancel(ctx), name)
	return err
}

func (w *Commands) keep(ctx context.Context, add func(*pauses)) (control.Result, error) {
	if err := w.Turn.Wait(ctx); err != nil || w.Changes == nil {
		return control.Result{Outcome: report.OutcomeNothing}, err
	}
	w.pauses.mu.Lock()
	defer w.pauses.mu.Unlock()
	add(&w.pauses)
	if w.Supervisor.SetPaused(true) {
		w.Reporter.Paused()
	}
	return control.Result{Outcome: report.OutcomePaused}, nil
}

// Resume makes one swap of all that was kept. If it names a hold, it does so with the last reason.
func (w *Commands) Resume(ctx context.Context, hold string) (control.Result, error) {
	return w.release(ctx, func(p *pauses) {
		if delete(p.holds, hold); hold == "" {
			p.person = false
			clear(p.holds)
		}
	})
}

func (w *Commands) release(ctx context.Context, remove func(*pauses)) (control.Result, error) {
	if err := w.Turn.Wait(ctx); err != nil || w.Changes == nil {
		return control.Result{Outcome: report.OutcomeNothing}, err
	}
	w.pauses.mu.Lock()
	defer w.pauses.mu.Unlock()
	if remove(&w.pauses); w.pauses.person || len(w.pauses.holds) > 0 {
		return control.Result{Outcome: report.OutcomePaused}, nil
	}
	files := w.Changes.Kept()
	if !w.Supervisor.SetPaused(false) {
		return control.Result{Outcome: report.OutcomeNothing}, nil
	}
	w.Reporter.Resumed(files)
	return control.Result{Outcome: report.OutcomeResumed, Files: files}, nil
}

// togglePause does what the key does.
func (w *Commands) togglePause(ctx context.Context) {
	switch {
	case w.Changes == nil:
		w.Reporter.NothingToPause()
	case w.Supervisor.Current().Paused != nil:
		_, _ = w.Resume(ctx, "")
	default:
		_, _ = w.Pause(ctx, 0)
	}
}
