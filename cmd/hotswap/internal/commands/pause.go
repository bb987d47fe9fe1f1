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
	mu      sync.Mutex
	person  bool            // has asked for it
	end     *time.Timer     // of that; nil: nothing but another command ends it
	until   time.Time       // when end does
	pausers map[string]bool // of clients that live, by random names
}

// Pause keeps changes of files from becoming swaps until Resume, or for a time; 0: without end. Of two the longer
// counts.
func (w *Commands) Pause(ctx context.Context, limit time.Duration) (control.Result, error) {
	return w.change(ctx, func(p *pauses) {
		until := time.Now().Add(limit)
		if limit > 0 && p.person && (p.end == nil || until.Before(p.until)) {
			return
		}
		p.person = true
		if p.end != nil {
			p.end.Stop()
			p.end = nil
		}
		if limit > 0 {
			var end *time.Timer
			end = time.AfterFunc(limit, func() {
				_, _ = w.change(context.Background(), func(p *pauses) { p.person = p.person && p.end != end })
			})
			p.end, p.until = end, until
		}
	})
}

// PauseFor does so until ctx ends, or Resume is told the name that begun gets.
func (w *Commands) PauseFor(ctx context.Context, begun func(control.Result)) error {
	name := rand.Text()
	r, err := w.change(ctx, func(p *pauses) { p.pausers[name] = true })
	if err != nil {
		return err
	}
	r.Pauser = name
	begun(r)
	<-ctx.Done()
	_, err = w.Resume(context.WithoutCancel(ctx), name)
	return err
}

// Resume makes one swap of all that was kept. If it names a hold, it does so with the last reason.
func (w *Commands) Resume(ctx context.Context, hold string) (control.Result, error) {
	return w.change(ctx, func(p *pauses) {
		delete(p.pausers, hold)
		if hold == "" {
			p.person = false
			clear(p.pausers)
		}
	})
}

// change adds or removes reasons, and pauses or resumes where that makes a difference.
func (w *Commands) change(ctx context.Context, reasons func(*pauses)) (control.Result, error) {
	if err := w.Steering.Wait(ctx); err != nil || w.Changes == nil {
		return control.Result{Outcome: report.OutcomeNothing}, err
	}
	w.pauses.mu.Lock()
	defer w.pauses.mu.Unlock()
	reasons(&w.pauses)
	paused, files := w.pauses.person || len(w.pauses.pausers) > 0, 0
	if !paused {
		files = w.Changes.Paused()
	}
	changed := w.Supervisor.SetPaused(paused)
	switch {
	case paused:
		if changed {
			w.Reporter.Paused()
		}
		return control.Result{Outcome: report.OutcomePaused}, nil
	case !changed:
		return control.Result{Outcome: report.OutcomeNothing}, nil
	}
	w.Reporter.Resumed(files)
	return control.Result{Outcome: report.OutcomeResumed, Files: files}, nil
}

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
