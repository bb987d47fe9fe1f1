package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestStatusOfProgram(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	st := report.Status{
		State: "serving", Command: []string{"x"}, Generation: 2,
		Generations: []report.GenerationStatus{{ID: 1, State: "draining", PID: 70, Started: now}, {ID: 2, State: "serving", PID: 80, Started: now}},
		Program: &report.ProgramStatus{
			Clients: 1, Keys: 3, Bytes: 20 << 10, MoreLeases: 4,
			Leases: []report.LeaseStatus{
				{Name: "cron", Generation: 1, PID: 71, Revoked: true}, {Name: "\x1b[31m" + strings.Repeat("x", 2000), Generation: 2},
			},
			Waits: []report.WaitStatus{{Generation: 1, PIDs: []int{71, 72, 73, 74, 75, 76, 77}}},
		},
	}
	want := `serving · x · 0 swaps
  generation 1 draining · process 70 · for 0 µs · waits for onDrain or a lease of process 71, 72, 73, 74, 75 and 2 more
  generation 2 serving · process 80 · for 0 µs
  state: 3 keys · 1 connection
  lease cron → generation 1 · process 71 · asked to give it up
  lease \u001b[31m` + strings.Repeat("x", 67) + `… → generation 2
  and 4 more leases`
	if got := StatusText(st, now); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
	st.Program = nil
	if got := StatusText(st, now); strings.Contains(got, "state:") {
		t.Error(got)
	}
}
