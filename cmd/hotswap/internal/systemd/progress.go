package systemd

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	// extendBy is for how long hotswap asks while a start or the end takes time, and extendEvery how often. A
	// service manager waits 90 s by itself.
	extendBy    = 30 * time.Second
	extendEvery = extendBy / 3
)

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
