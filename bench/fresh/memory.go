//go:build unix

package fresh

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Memory is what processes need, in megabytes; shared memory is divided among its users.
type Memory struct {
	Program float64 `json:"program"`
	Standby float64 `json:"standby"` // 0: there is none
}

// Memory measures the generation that serves and its standby.
func (p *Process) Memory(ctx context.Context, hotswap string) *Memory {
	cmd := exec.CommandContext(ctx, hotswap, "status", "--json")
	cmd.Dir = p.Dir
	out, err := cmd.Output()
	var status struct {
		Generation  int
		Generations []struct{ ID, PID int }
		Standby     struct{ PID int }
	}
	if err != nil || json.Unmarshal(out, &status) != nil {
		return nil
	}
	m := &Memory{Standby: Megabytes(status.Standby.PID)}
	for _, g := range status.Generations {
		if g.ID == status.Generation {
			m.Program = Megabytes(g.PID)
		}
	}
	return m
}

// Megabytes returns the memory of a process and of those below it.
func Megabytes(pid int) (sum float64) {
	for _, pid := range Descendants(pid) {
		sum += Pss(pid)
	}
	return sum
}

// Pss returns a process's part of the memory that it uses, in megabytes.
func Pss(pid int) float64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	kilobytes := 0.0
	if _, rest, ok := strings.Cut(string(b), "\nPss:"); ok {
		_, _ = fmt.Sscan(rest, &kilobytes)
	}
	return kilobytes / 1024
}

// Weigh measures processes from now on, until the function is called that it returns.
func (t *Track) Weigh(pid int) (weighed func()) {
	t.Idle = Megabytes(pid)
	begun, stop, stopped := Ticks(pid), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-tick.C:
				t.Peak = max(t.Peak, Megabytes(pid))
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		t.Processor = (Ticks(pid) - begun) / 100 / float64(max(len(t.Samples), 1)) // ticks of 10 ms on every Linux
	}
}
