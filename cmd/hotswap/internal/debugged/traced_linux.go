package debugged

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"time"
)

// A traced process counts as stopped if it was not switched during so many looks: strace
// stops a process for longer than a moment if it has to wait for a processor itself.
const (
	looks     = 10
	lookAgain = 20 * time.Millisecond
)

// findTraced returns a process that a tracer has stopped, or nil. It waits only if there is
// one that is stopped at the first look.
func findTraced(ctx context.Context, tree []int) *Stop {
	for _, pid := range tree {
		if staysStopped(ctx, pid) {
			return &Stop{PID: pid, Wait: func(ctx context.Context) { awaitTraced(ctx, pid) }}
		}
	}
	return nil
}

// staysStopped reports whether a tracer has stopped a process at all looks.
func staysStopped(ctx context.Context, pid int) bool {
	first, stopped := tracedStop(pid)
	for range looks - 1 {
		if !stopped {
			return false
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return false
		}
		var now switches
		now, stopped = tracedStop(pid)
		stopped = stopped && now == first
	}
	return stopped
}

// awaitTraced returns when the process has run at all looks for the time runsOn.
func awaitTraced(ctx context.Context, pid int) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	stopped := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if _, still := tracedStop(pid); still {
				stopped = now
			} else if now.Sub(stopped) >= runsOn {
				return
			}
		}
	}
}

// switches counts how often a thread was taken from the processor.
type switches struct{ voluntary, other string }

// tracedStop reports whether the main thread of a process is stopped by a tracer
// (proc_pid_status(5)), and how often the thread was switched so far.
func tracedStop(pid int) (n switches, stopped bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return n, false
	}
	state, tracer := "", ""
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		text := string(bytes.TrimSpace(value))
		switch string(name) {
		case "State":
			state = text
		case "TracerPid":
			tracer = text
		case "voluntary_ctxt_switches":
			n.voluntary = text
		case "nonvoluntary_ctxt_switches":
			n.other = text
		}
	}
	return n, len(state) > 0 && state[0] == 't' && tracer != "0" && tracer != ""
}
