package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestRenderStatus(t *testing.T) {
	now := time.Unix(1000, 0)
	ms := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		st   report.Status
		want string
	}{
		{report.Status{State: report.PhaseStarting, Command: []string{"npm", "start"}},
			"starting · npm start · 0 swaps"},
		{report.Status{State: report.PhaseServing, Command: []string{"x"}, Standby: &report.StandbyStatus{Generation: 2,
			State: "starting", Started: now.Add(-time.Second)}},
			"serving · x · 0 swaps\n  standby for generation 2 starting · for 1.0 s"},
		{report.Status{State: report.PhaseServing, Command: []string{"x"}, Swaps: 1, FailedSwaps: 1, RolledBackFrom: 2},
			"serving · x · 1 swap · 1 failed · rolled back from 2"},
		{report.Status{State: report.PhaseServing, Command: []string{"x"},
			GoAdapter: &report.GoAdapterStatus{State: "failed", Error: "GOOS is js"}},
			"serving · x · 0 swaps\n  Go programs are built without hotswap's adapter, and their connections are observed from outside: GOOS is js (hotswap asks Go again when it is restarted, or go.mod changes)"},
		{report.Status{State: report.PhaseServing, Command: []string{"x"},
			Paused: &report.PauseStatus{Since: now.Add(-time.Second), Files: 3}},
			"serving · x · 0 swaps\n  paused for 1.0 s · 3 changed files waiting · p or hotswap resume makes one swap"},
		{report.Status{State: report.PhaseServing, Command: []string{"x"}, CrashLoop: 6},
			"serving · x · 0 swaps\n  crash loop: 6 crashes in a row"},
		{report.Status{State: report.PhaseServing, Command: []string{"x"}, Failure: &report.FailureStatus{
			Generation: 2, At: now.Add(-time.Minute), Files: []string{"a.py"}, MoreFiles: 8,
			PostMortem: report.PostMortem{
				Reason: "exit 1 before it listened", Quote: "SyntaxError: no", Place: "a.py:3",
				Last: append(slices.Repeat([]string{"cut"}, 3), slices.Repeat([]string{"x"}, mostOutput)...),
			},
		}},
			"serving · x · 0 swaps\n  generation 2 failed: exit 1 before it listened · a.py and 8 more · 1m0s ago · \"SyntaxError: no\" at a.py:3" + strings.Repeat("\n    x", mostOutput)},
		{report.Status{
			State: report.PhaseServing, Generation: 3, Command: []string{"./server"}, Swaps: 2, FailedSwaps: 1,
			Endpoints: []report.EndpointStatus{{Network: "tcp4", Address: "127.0.0.1:4000", Generation: 3}},
			Generations: []report.GenerationStatus{
				{ID: 2, PID: 70, State: "draining", Started: now.Add(-90 * time.Second), ReadyMS: ms(310),
					Connections: 1, Streams: 1},
				{ID: 1, PID: 69, State: "draining", Started: now.Add(-90 * time.Second), Connections: 2, Streams: 1,
					StaysFor: 2},
				{ID: 3, PID: 71, State: "serving", Started: now.Add(-1500 * time.Millisecond), ReadyMS: ms(402),
					Streams: 1},
				{ID: 4, State: "starting", Started: now.Add(-20 * time.Millisecond), Overdue: true},
			},
			Build: &report.BuildStatus{State: report.BuildRunning, Started: now.Add(-3 * time.Second),
				Files: []string{"c.ts"}},
			Standby: &report.StandbyStatus{Generation: 5, PID: 72, State: "waiting", Started: now.Add(-2 * time.Second),
				Loaded: report.Loaded{Memory: 95 << 20, Ahead: 1, Left: []string{"pg is wrapped by a.js",
					"pino is wrapped by a.js", "pino-http needs pino"}}},
		}, `serving · ./server · 2 swaps · 1 failed
  generation 2 draining · process 70 · for 1m30s · boot 310 ms · 1 connection · 1 open stream
  generation 1 draining · process 69 · for 1m30s · 2 connections · stays for 2 answers under way
  generation 3 serving · process 71 · for 1.5 s · boot 402 ms
  generation 4 starting · not ready in time · for 20 ms
  build running · for 3.0 s · c.ts
  standby for generation 5 waiting · process 72 · for 2.0 s · 95 MB · 1 of 4 packages ahead
    is wrapped by a.js: pg, pino
    needs pino: pino-http
  tcp4 127.0.0.1:4000 → generation 3`},
		{report.Status{
			State: report.PhaseServing, Command: []string{"x"},
			Generations: []report.GenerationStatus{{ID: 1, State: "draining", PID: 70, Started: now}},
			Program: &report.ProgramStatus{
				Clients: 1, Keys: 3, Bytes: 20 << 10, MoreLeases: 4,
				Leases: []report.LeaseStatus{
					{Name: "cron", Generation: 1, PID: 71, Revoked: true},
					{Name: "\x1b[31m" + strings.Repeat("x", 2000), Generation: 2},
				},
				Waits: []report.WaitStatus{{Generation: 1, PIDs: []int{71, 72, 73, 74, 75, 76, 77}}},
			},
		}, `serving · x · 0 swaps
  generation 1 draining · process 70 · for 0 µs · waits for onDrain or a lease of process 71, 72, 73, 74, 75 and 2 more
  state: 3 keys · 1 connection
  lease cron → generation 1 · process 71 · asked to give it up
  lease \u001b[31m` + strings.Repeat("x", 67) + `… → generation 2
  and 4 more leases`},
	} {
		if got := StatusText(c.st, now); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}
