package systemd

import (
	"context"
	"fmt"
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

// Reloading tells the manager of a reload (Type=notify-reload, systemd.service(5)) that it has asked for by a
// signal. The caller calls done when the reload has ended, however it did. Before the service is ready there is
// nothing to tell.
func (n *Notifier) Reloading() (done func()) {
	if !n.ready.Load() {
		return func() {}
	}
	n.Send("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", monotonic().Microseconds()))
	return func() { n.Send("READY=1") }
}

// monotonic returns the time of CLOCK_MONOTONIC, which sd_notify(3) wants. Go's own clock does not show it.
func monotonic() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // cannot fail for this clock
	return time.Duration(t.Nano())
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

// busy reports whether hotswap does something that has a deadline of hotswap's own: a build, a boot or a drain
// before the end. The pauses between crashes are none, and a program that listens on nothing boots for ever.
func busy(st report.Status) bool {
	switch st.State {
	case report.PhaseStopping:
		return true
	case report.PhaseRestarting, report.PhaseRunning:
		return false
	}
	return st.UnderWay
}
