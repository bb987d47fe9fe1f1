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

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// processor measures processor time and memory of all processes, beside the watcher and the program alone. hotswap
// has learnt the program before.
func (s *study) processor(ctx context.Context, m *stackMeasure) (all []*fresh.Track, row string, err error) {
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
	bare.Name, bare.Hotswap = "alone", nil
	alone, err := m.resident(ctx, bare, theirs)
	if err != nil {
		return nil, "", err
	}
	learn := *m
	learn.pace, learn.Options.Saves = ofStacks, 3
	if _, err := learn.run(ctx, ours, "learns"); err != nil {
		return nil, "", err
	}
	var sums [2][]float64
	var last [2]*fresh.Track
	for n := range m.Rounds {
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
	return all, fmt.Sprintf("| %s | %.2f | %.2f | **%.2f** | %.0f, %.0f | %.0f, %.0f | %.0f | **%.2f** |\n", m.Title,
		watcher, hotswap, hotswap/max(watcher, 0.01),
		last[1].Idle, last[1].Peak, last[0].Idle, last[0].Peak, alone, last[0].Idle/max(alone, 1)), nil
}

// resident returns the memory of the program's own process, and of what it starts, without hotswap.
func (m *stackMeasure) resident(ctx context.Context, c fresh.Contender, in *project) (float64, error) {
	p, err := fresh.Launch(m.Options, c, in.dir, filepath.Join(m.Logs, m.Name+"-alone.log"))
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	if err := errors.Join(p.Serves(ctx), fresh.Sleep(ctx, m.settle/2)); err != nil {
		return 0, err
	}
	pids := fresh.Descendants(p.Cmd.Process.Pid)
	return fresh.Megabytes(slices.MaxFunc(pids, func(a, b int) int { return cmp.Compare(fresh.Pss(a), fresh.Pss(b)) })),
		nil
}
