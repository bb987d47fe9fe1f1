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
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

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
func (scripted) Retire() {}

// Numbers that came too early to be told are told when it is time, although no
// report comes then.
func TestDrainIsToldInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{exited: make(chan report.Exit, 1), gone: make(chan struct{})}
		var told []string
		begun := time.Now()
		s := New(Config{
			Command: []string{"listener"}, Registry: reuseport.NewRegistry(nil), Transports: []handoff.Transport{l}, Runner: l,
			Drainer: func(run.DrainRequest) run.Drain {
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

// endless is a drain whose connections never end.
type endless report.DrainReport

func (d endless) Run(ctx context.Context, tell func(report.DrainReport)) error {
	tell(report.DrainReport(d))
	<-ctx.Done()
	return ctx.Err()
}
func (endless) Retire() {}

// Who presses Ctrl-C waits for requests, and a second for streams.
func TestInterruptLeavesStreams(t *testing.T) {
	for _, c := range []struct {
		end    func(*Supervisor, context.Context) (report.Result, error)
		report report.DrainReport
		want   time.Duration
	}{
		{(*Supervisor).Interrupt, report.DrainReport{Connections: 2, Busy: 1, Streams: 1}, newsFirst},
		{(*Supervisor).Interrupt, report.DrainReport{Connections: 2, Busy: 2, Streams: 1}, 7 * time.Second},
		{(*Supervisor).Interrupt, report.DrainReport{Connections: 2, Busy: 1, Streams: 1, Waiting: 1}, 7 * time.Second},
		{(*Supervisor).Stop, report.DrainReport{Connections: 2, Busy: 1, Streams: 1}, 7 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &listener{exited: make(chan report.Exit, 1), gone: make(chan struct{})}
			s := New(Config{
				Command: []string{"listener"}, Registry: reuseport.NewRegistry(nil), Transports: []handoff.Transport{l}, Runner: l,
				Drainer: func(run.DrainRequest) run.Drain { return endless(c.report) },
			})
			ended := make(chan struct{})
			go func() { s.Run(t.Context()); close(ended) }()
			synctest.Wait()
			begun := time.Now()
			go c.end(s, t.Context())
			<-ended
			if d := time.Since(begun); d != c.want {
				t.Errorf("%+v: the program is told to stop after %v, want %v", c.report, d, c.want)
			}
		})
	}
}
