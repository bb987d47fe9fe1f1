package systemd

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A strict manager, as systemd with Type=notify-reload: READY=1 counts after a reload only if it comes after
// RELOADING=1 with a time of CLOCK_MONOTONIC that is not before the manager's signal.
func TestReloading(t *testing.T) {
	conn := manager(t)
	n := NewNotifier(false)
	n.Reloading()() // before it is ready: nothing
	n.Notice(report.NoticeServing{})
	signalled := monotonic()
	n.Reloading()()
	n.Close()
	n.Send("too late")
	var heard []string
	for b := make([]byte, 200); len(heard) < 3; {
		k, err := conn.Read(b)
		if err != nil {
			t.Fatal(heard, err)
		}
		heard = append(heard, string(b[:k]))
	}
	kind, at, _ := strings.Cut(heard[1], "\nMONOTONIC_USEC=")
	if us, err := strconv.Atoi(at); heard[0] != "READY=1" || kind != "RELOADING=1" || heard[2] != "READY=1" || err != nil ||
		us < int(signalled.Microseconds()) || us > int(monotonic().Microseconds()) {
		t.Errorf("%q", heard)
	}
}

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
		report.PhaseStarting: true, report.PhaseServing: true, report.PhaseStopping: true, report.PhaseRestarting: false, report.PhaseRunning: false,
	} {
		if got := busy(report.Status{State: state, UnderWay: true}); got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	if busy(report.Status{State: report.PhaseServing}) {
		t.Error("one that serves")
	}
}
