package instance

import (
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A hotswap below another marks its own program.
func TestHotswapBelowAnother(t *testing.T) {
	env := []string{"A=1", options.RunEnv + "=0123456789abcdef", options.ControlEnv + "=/other"}
	for path, want := range map[string][]string{
		"":      {"A=1", options.RunEnv + "=fedcba9876543210"},
		"/mine": {"A=1", options.RunEnv + "=fedcba9876543210", options.ControlEnv + "=/mine"},
	} {
		p := &Instance{rec: record.Record{Run: "fedcba9876543210", Control: path}}
		if got := p.Environ(env); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Whatever process a killed hotswap would leave is written down: a standby's, and that of a
// rehearsal, too. What has the number of a first process that has ended is not.
func TestRecordHasTheStandby(t *testing.T) {
	var pids []int
	for range 3 {
		cmd := exec.Command("cat")
		in := testkit.Must(cmd.StdinPipe())(t)
		testkit.NoError(t, cmd.Start())
		defer cmd.Wait()
		defer in.Close()
		pids = append(pids, cmd.Process.Pid)
	}
	got := generations(programs(report.Status{
		Generations: []report.GenerationStatus{{ID: 1, PID: pids[0]}, {ID: 2}, {ID: 3, PID: os.Getppid()}},
		Standby:     &report.StandbyStatus{Generation: 4, PID: pids[1]},
		Rehearsal:   pids[2],
	}), nil)
	if len(got) != 3 || got[0].PID != pids[0] || got[1].PID != pids[1] || got[2].PID != pids[2] {
		t.Errorf("%+v, want %v", got, pids)
	}
}
