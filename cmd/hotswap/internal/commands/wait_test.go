package commands

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/place"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestOutcomeOfTheNewestSave(t *testing.T) {
	lives := []report.Life{{Gen: 1}, {Gen: 2}}
	failed := &report.FailureStatus{Generation: 3, PostMortem: report.PostMortem{Reason: "exit 1", Quote: "no",
		Place: "a.ts:1"}}
	known := func(outcome report.Outcome, gen int) control.Result {
		return control.Result{Outcome: outcome, Generation: gen}
	}
	for name, c := range map[string]struct {
		st   report.Status
		want control.Result // the zero value: it is not known yet
	}{
		"nothing has begun": {report.Status{State: report.PhaseIdle}, control.Result{}},
		"the first boots":   {report.Status{State: report.PhaseStarting, UnderWay: true}, control.Result{}},
		"one serves":        {report.Status{State: report.PhaseServing, Generation: 2}, known("serves", 2)},
		"an adapter has a connection to move": {report.Status{State: report.PhaseServing, Generation: 2,
			Generations: []report.GenerationStatus{{ID: 2}, {ID: 1, Rests: true}}}, control.Result{}},
		"the next boots": {report.Status{State: report.PhaseServing, Generation: 2, UnderWay: true},
			control.Result{}},
		"it boots again": {report.Status{State: report.PhaseServing, Generation: 2, UnderWay: true,
			Failure: failed}, control.Result{}},
		"it has failed": {report.Status{State: report.PhaseServing, Generation: 2, Failure: failed},
			control.Result{Outcome: "failed", Generation: 3, Reason: `exit 1 · "no" at a.ts:1`}},
		"the first has failed": {report.Status{State: report.PhaseWaiting, Lives: lives, Failure: failed},
			control.Result{Outcome: "failed", Generation: 3, Reason: `exit 1 · "no" at a.ts:1`}},
		"no port": {report.Status{State: report.PhaseRunning, UnderWay: true, Lives: lives},
			known("runs", 2)},
		"no port, and a build": {report.Status{State: report.PhaseRunning, UnderWay: true, Lives: lives,
			Build: &report.BuildStatus{}}, control.Result{}},
		"no port, and a broken save": {report.Status{State: report.PhaseRunning, UnderWay: true, Lives: lives,
			Failure: failed},
			control.Result{Outcome: "failed", Generation: 3, Reason: `exit 1 · "no" at a.ts:1`}},
		"it has ended with its work": {report.Status{State: report.PhaseWaiting, Lives: lives}, known("finished", 2)},
		"it crashed and starts soon": {report.Status{State: report.PhaseRestarting, UnderWay: true, Failure: failed},
			control.Result{}},
		"it crashes again and again": {report.Status{State: report.PhaseRestarting, UnderWay: true, Failure: failed,
			CrashLoop: 5},
			control.Result{Outcome: "failed", Generation: 3, Reason: `exit 1 · "no" at a.ts:1`}},
		"it serves until the next crash": {report.Status{State: report.PhaseServing, Generation: 2, CrashLoop: 5},
			control.Result{Outcome: "failed", Generation: 2, Reason: "crash loop: 5 crashes in a row"}},
		"hotswap ends": {report.Status{State: report.PhaseStopping, Generation: 2}, known("stopping", 2)},
	} {
		if got := outcome(c.st); got.Outcome != c.want.Outcome || got.Outcome != "" && got != c.want {
			t.Errorf("%s: %+v; want %+v", name, got, c.want)
		}
	}
}

// Who waits looks again only when something has happened.
func TestWaitRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		w := New(Config{Supervisor: booting(t), Steering: idle{}, Changes: still{asked: func() {
			looks++
			if looks == 1000 {
				cancel()
			}
		}}})
		if _, err := w.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || looks > 10 {
			t.Errorf("%v after %d looks", err, looks)
		}
	})
}

// A save counts also if the watcher has not read of it yet.
func TestWaitAsksTheWatcher(t *testing.T) {
	w := New(Config{Changes: still{unread: os.ErrClosed}, Steering: idle{}})
	if _, err := w.Wait(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// idle is the turn of a hotswap that steers.
type idle struct{}

func (idle) Pass(context.Context, os.Signal) bool { return false }
func (idle) Keep(context.Context, os.Signal)      {}
func (idle) Moved() error                         { return nil }
func (idle) Wait(context.Context) error           { return nil }

// still watches files that do not change.
type still struct {
	unread error  // what Sync returns
	asked  func() // is called by Settled; nil: nothing is
}

func (still) Paused() int                       { return 0 }
func (s still) Sync(context.Context) error      { return s.unread }
func (s still) Ignored() []report.IgnoredStatus { return nil }
func (s still) Settled() bool                   { s.asked(); return true }

// booting is a supervisor whose program does not start until the test ends.
func booting(t *testing.T) *supervisor.Supervisor {
	t.Helper()
	goOn, ended := make(chan struct{}), make(chan struct{})
	s := supervisor.New(supervisor.Config{
		Command: []string{"play"}, Registry: reuseport.NewRegistry(nil), Environ: func() (supervisor.Environment,
			error) {
			<-goOn
			return supervisor.Environment{}, os.ErrClosed
		},
		Notify: func(report.Notice) bool { return true }, Publish: func(*report.Status) {},
		Count: func(*report.Status) {}, Relay: relay.New(), Places: place.New(place.Config{}),
		Reason: func(report.Result) string { return "" }, Why: func(string, string) string { return "" },
	})
	go func() { s.Run(); close(ended) }()
	t.Cleanup(func() { close(goOn); <-ended })
	return s
}
