//go:build unix

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// processor measures processor time and memory of all processes, beside the watcher and the program alone. hotswap
// has learnt the program before.
func (s *study) processor(ctx context.Context, m *stackMeasure) (all []*track, row string, err error) {
	of := m.stack.contenders()
	ours, err := m.project(of[0])
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(ours.dir)
	theirs, err := m.project(of[1])
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(theirs.dir)
	bare := of[0]
	bare.name, bare.hotswap = "alone", nil
	alone, err := m.resident(ctx, bare, theirs)
	if err != nil {
		return nil, "", err
	}
	learn := *m
	learn.pace, learn.saves = ofStacks, 3
	if _, err := learn.run(ctx, ours, "learns"); err != nil {
		return nil, "", err
	}
	var sums [2][]float64
	var last [2]*track
	for n := range m.rounds {
		for i, p := range []*project{ours, theirs} {
			t, err := m.run(ctx, p, fmt.Sprint(n+1))
			if err != nil {
				return all, "", err
			}
			all, last[i] = append(all, t), t
			sums[i] = append(sums[i], t.Processor)
		}
	}
	hotswap, watcher := middle(sums[0]), middle(sums[1])
	return all, fmt.Sprintf("| %s | %.2f | %.2f | **%.2f** | %.0f, %.0f | %.0f, %.0f | %.0f | **%.2f** |\n", m.Title, watcher, hotswap, hotswap/max(watcher, 0.01),
		last[1].Idle, last[1].Peak, last[0].Idle, last[0].Peak, alone, last[0].Idle/max(alone, 1)), nil
}

// resident returns the memory of the program's own process, and of what it starts, without hotswap.
func (m *stackMeasure) resident(ctx context.Context, c contender, in *project) (float64, error) {
	p, err := launch(m.options, c, in.dir, filepath.Join(m.logs, m.Name+"-alone.log"))
	if err != nil {
		return 0, err
	}
	defer p.stop()
	if err := errors.Join(p.serves(ctx), sleep(ctx, m.settle/2)); err != nil {
		return 0, err
	}
	pids := descendants(p.cmd.Process.Pid)
	return megabytes(slices.MaxFunc(pids, func(a, b int) int { return cmp.Compare(pss(a), pss(b)) })), nil
}

// weigh measures processes from now on, until the function is called that it returns.
func (t *track) weigh(pid int) (weighed func()) {
	t.Idle = megabytes(pid)
	begun, stop, stopped := ticks(pid), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(250 * time.Millisecond); ; {
			select {
			case <-tick.C:
				t.Peak = max(t.Peak, megabytes(pid))
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
		t.Processor = (ticks(pid) - begun) / 100 / float64(max(len(t.Samples), 1)) // ticks of 10 ms on every Linux
	}
}
