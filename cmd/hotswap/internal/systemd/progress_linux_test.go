package systemd

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Notifier{socket: "a manager", queue: make(chan string, 20)}
		var now atomic.Pointer[report.Status]
		changed := make(chan struct{})
		now.Store(&report.Status{Changed: changed, State: report.PhaseStarting, UnderWay: true})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go n.Progress(ctx, func() report.Status { return *now.Load() })
		heard := func() (all []string) {
			synctest.Wait()
			for len(n.queue) > 0 {
				all = append(all, <-n.queue)
			}
			return all
		}
		expect := func(want ...string) {
			t.Helper()
			if got := heard(); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		next := func(to report.Status) {
			last := changed
			changed = make(chan struct{})
			to.Changed = changed
			now.Store(&to)
			close(last)
		}
		const extend = "EXTEND_TIMEOUT_USEC=30000000"
		expect("STATUS=starting\n" + extend)
		time.Sleep(25 * time.Second)
		expect(extend, extend) // it lasts
		serves := report.Status{State: report.PhaseServing}
		next(serves)
		time.Sleep(2 * time.Second)
		expect("STATUS=serving")
		time.Sleep(time.Hour)
		next(serves)
		time.Sleep(time.Hour)
		expect() // nothing has changed
		for i := range 100 {
			serves.State = [...]string{report.PhaseRestarting, report.PhaseServing}[i/15%2]
			next(serves)
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
		}
		if got := heard(); len(got) == 0 || len(got) > 6 {
			t.Errorf("%d messages in five seconds: %q", len(got), got)
		}
	})
}

// What has no deadline of hotswap's own must not keep a manager from its own.
func TestBusy(t *testing.T) {
	for state, want := range map[string]bool{
		report.PhaseStarting: true, report.PhaseServing: true, report.PhaseStopping: true,
		report.PhaseRestarting: false, report.PhaseRunning: false,
	} {
		if got := busy(report.Status{State: state, UnderWay: true}); got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	late := report.Status{State: report.PhaseStarting, UnderWay: true,
		Generations: []report.GenerationStatus{{Overdue: true}}}
	if busy(report.Status{State: report.PhaseServing}) || busy(late) {
		t.Error("one that serves, or is not ready in time")
	}
}
