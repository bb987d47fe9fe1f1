package supervisor

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestDrainNews(t *testing.T) {
	busy := func(n int) report.DrainReport { return report.DrainReport{Connections: 3, Busy: n} }
	type look struct {
		at    time.Duration
		what  report.DrainReport
		tell  bool
		again time.Duration
	}
	n := drainNews{began: epoch}
	for _, l := range []look{
		{0, busy(1), false, time.Second},
		{300 * time.Millisecond, busy(2), false, 700 * time.Millisecond},
		{time.Second, busy(2), true, 0},
		{2 * time.Second, busy(2), false, 0}, // told already
		{2500 * time.Millisecond, busy(1), false, 500 * time.Millisecond},
		{2600 * time.Millisecond, busy(2), false, 0}, // as told before
		{3 * time.Second, busy(1), true, 0},
		{4 * time.Second, report.DrainReport{Connections: 3, Busy: 1, Finished: 7, Closed: 2}, false, 0},
		{time.Minute, busy(0), true, 0},
		{2 * time.Minute, report.DrainReport{Finished: 8}, false, 3 * time.Second}, // the program is about to end
		{2*time.Minute + 2*time.Second, report.DrainReport{}, false, time.Second},
		{2*time.Minute + 3*time.Second, report.DrainReport{}, true, 0},
	} {
		if tell, again := n.look(epoch.Add(l.at), l.what); tell != l.tell || again != l.again {
			t.Errorf("after %v: tell %v, again in %v; want %v, %v", l.at, tell, again, l.tell, l.again)
		}
	}
}

// scripted is a drain that reports at set times.
type scripted struct {
	reports map[time.Duration]report.DrainReport
}

func (d scripted) Run(ctx context.Context, tell func(report.DrainReport)) error {
	begun := time.Now()
	for at := time.Duration(0); at < 5*time.Second; at += 100 * time.Millisecond {
		time.Sleep(time.Until(begun.Add(at)))
		if r, ok := d.reports[at]; ok {
			tell(r)
		}
	}
	return nil
}
func (scripted) Stopping() {}

// Numbers that came too early to be told are told when it is time, although no
// report comes then.
func TestDrainIsToldInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{exited: make(chan report.Exit, 1), gone: make(chan struct{})}
		var told []string
		begun := time.Now()
		s := New(Config{
			Command: []string{"listener"}, Registry: reuseport.NewRegistry(nil), Transports: []handoff.Transport{l}, Runner: l,
			Drainer: func(DrainRequest) Drain {
				return scripted{map[time.Duration]report.DrainReport{
					0: {Connections: 3, Busy: 1}, 1500 * time.Millisecond: {Connections: 2, Busy: 1},
				}}
			},
			Notify: func(n report.Notice) {
				if n, ok := n.(report.NoticeDraining); ok && n.Live {
					told = append(told, fmt.Sprintf("%v: %d, %d for %v", time.Since(begun), n.Report.Connections, n.Report.Busy, n.Lasts))
				}
			},
		})
		ended := make(chan struct{})
		go func() { s.Run(t.Context()); close(ended) }()
		synctest.Wait()
		go s.Stop(t.Context())
		<-ended
		if want := []string{"1s: 3, 1 for 1s", "3s: 2, 1 for 3s"}; !slices.Equal(told, want) {
			t.Errorf("told %q", told)
		}
	})
}
