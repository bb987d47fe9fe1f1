package systemd

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	// extendBy is for how long hotswap asks while a start or the end takes time, and extendEvery how often. A
	// service manager waits 90 s by itself.
	extendBy    = 30 * time.Second
	extendEvery = extendBy / 3
)

// Reloading tells the manager of a reload that it has asked for by a signal (Type=notify-reload, systemd.service(5)).
// The caller calls done when the reload has ended, however it did. Before the service is ready nobody is told.
func (n *Notifier) Reloading() (done func(report.Outcome)) {
	select {
	case <-n.began:
	default:
		return func(report.Outcome) {}
	}
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // which sd_notify(3) wants; cannot fail for this clock
	n.Send("RELOADING=1", fmt.Sprint("MONOTONIC_USEC=", t.Nano()/1000))
	return func(o report.Outcome) { n.Send("READY=1", "STATUS=reload: "+string(o)) }
}

// Progress tells the manager what hotswap does (STATUS), and asks for time while that takes long
// (EXTEND_TIMEOUT_USEC), until ctx ends.
func (n *Notifier) Progress(ctx context.Context, status func() report.Status) {
	if n.socket == "" {
		return
	}
	said := ""
	for {
		st := status()
		var lines []string
		if st.State != said {
			lines, said = append(lines, "STATUS="+st.State), st.State
		}
		var again <-chan time.Time
		if busy(st) {
			lines = append(lines, fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", extendBy.Microseconds()))
			again = time.After(extendEvery)
		}
		if len(lines) > 0 {
			n.Send(lines...)
		}
		select {
		case <-st.Changed:
		case <-again:
		case <-ctx.Done():
			return
		}
		if wait.For(ctx, wait.Seldom) != nil {
			return
		}
	}
}

// busy reports whether hotswap does something that has a deadline of hotswap's own: a build, a boot or a drain before
// the end. The pauses between crashes are none, and a program that listens on nothing, or not in time, boots for ever.
func busy(st report.Status) bool {
	switch st.State {
	case report.PhaseStopping:
		return true
	case report.PhaseRestarting, report.PhaseRunning:
		return false
	}
	return st.UnderWay && !slices.ContainsFunc(st.Generations, func(g report.GenerationStatus) bool {
		return g.Overdue
	})
}
