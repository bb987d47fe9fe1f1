//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// pace is how a run goes on once the contender has answered.
type pace struct {
	lead   time.Duration // until the first save; 0: about one rhythm
	rhythm time.Duration
	quiet  bool // there is no traffic
	slow   int  // requests that take two seconds and are always under way
	// weigh: processor time and memory are measured, from settle after the first answer until one rhythm
	// after the last save.
	weigh  bool
	settle time.Duration
}

var ofStacks = pace{lead: 5 * time.Second, rhythm: 3 * time.Second, slow: 2}

// stackMeasure measures a stack.
type stackMeasure struct {
	options
	*stack
	pace
	scratch     string
	watcherRuns int
	calm        time.Duration // longest wait before a run for a machine that does nothing else
}

// project is a contender's copy of a stack, for all its runs.
type project struct {
	contender contender
	dir       string
	cache     string // hotswap's
	version   int    // of the last save
	saves     int
}

// measure starts hotswap once to learn, then in turns the runs that count and the rivals.
func (m *stackMeasure) measure(ctx context.Context) (*stackResult, error) {
	r := &stackResult{Name: m.Name, Title: m.Title, Limit: m.Limit}
	var projects []*project
	for _, c := range m.stack.contenders() {
		p, err := m.project(c)
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(p.dir)
		projects = append(projects, p)
	}
	hotswap, rivals := projects[0], projects[1:]
	var err error
	if r.First, err = m.run(ctx, hotswap, "first"); err != nil {
		return nil, err
	}
	for n := range max(m.rounds, m.watcherRuns) {
		if n < m.rounds {
			t, err := m.run(ctx, hotswap, fmt.Sprint(n+1))
			if err != nil {
				return r, err
			}
			r.Runs = append(r.Runs, t)
		}
		for i, p := range rivals {
			if n >= m.watcherRuns {
				continue
			}
			t, err := m.run(ctx, p, fmt.Sprint(n+1))
			if err != nil {
				return r, err
			}
			if i == len(r.Rivals) {
				r.Rivals = append(r.Rivals, nil)
			}
			r.Rivals[i] = append(r.Rivals[i], t)
		}
	}
	return r, nil
}

// project makes a copy of the stack for a contender.
func (m *stackMeasure) project(c contender) (*project, error) {
	name := m.Name + "-" + strings.ReplaceAll(c.name, " ", "")
	p := &project{contender: c, dir: filepath.Join(m.scratch, name), cache: filepath.Join(m.scratch, name+".cache"), version: 1}
	return p, errors.Join(m.copy(p.dir), os.MkdirAll(p.cache, 0o700))
}

// run starts a contender, saves a few times and stops it.
func (m *stackMeasure) run(ctx context.Context, on *project, number string) (*track, error) {
	waitForCalm(ctx, m.calm)
	o := m.options
	if on.contender.hotswap != nil {
		o.wrap = e2etest.OwnCache(on.cache)
	}
	name := strings.ReplaceAll(on.contender.name, " ", "")
	p, err := launch(o, on.contender, on.dir, filepath.Join(m.logs, m.Name+"-"+name+"-"+number+".log"))
	if err != nil {
		return nil, err
	}
	defer p.stop()
	p.version, p.saves = on.version, on.saves
	defer func() { on.version, on.saves = p.version, p.saves }()
	if err := p.serves(ctx); err != nil {
		return nil, err
	}
	c := &cell{options: m.options, program: m.program(), rhythm: m.rhythm, traffic: !m.quiet, lead: m.lead, slow: m.pace.slow}
	t := newTrack(c, on.contender)
	weighed := func() {}
	if m.weigh {
		if err := sleep(ctx, m.settle); err != nil {
			return nil, err
		}
		weighed = t.weigh(p.cmd.Process.Pid)
	}
	if err := c.turn(ctx, p, t, 0, m.saves); err != nil {
		return nil, err
	}
	if m.weigh {
		_ = sleep(ctx, m.rhythm)
	}
	weighed()
	if t.Hotswap {
		t.Memory = p.memory(ctx, m.hotswap)
	}
	t.Load = loadAverage()
	t.explain(p.log)
	m.say("%s, run %s", t, number)
	return t, nil
}

// memory is what processes need, in megabytes; shared memory is divided among its users.
type memory struct {
	Program float64 `json:"program"`
	Standby float64 `json:"standby"` // 0: there is none
}

// memory measures the generation that serves and its standby.
func (p *process) memory(ctx context.Context, hotswap string) *memory {
	cmd := exec.CommandContext(ctx, hotswap, "status", "--json")
	cmd.Dir = p.dir
	out, err := cmd.Output()
	var status struct {
		Generation  int
		Generations []struct{ ID, PID int }
		Standby     struct{ PID int }
	}
	if err != nil || json.Unmarshal(out, &status) != nil {
		return nil
	}
	m := &memory{Standby: megabytes(status.Standby.PID)}
	for _, g := range status.Generations {
		if g.ID == status.Generation {
			m.Program = megabytes(g.PID)
		}
	}
	return m
}

// megabytes returns the memory of a process and of those below it.
func megabytes(pid int) (sum float64) {
	for _, pid := range descendants(pid) {
		sum += pss(pid)
	}
	return sum
}

// pss returns a process's part of the memory that it uses, in megabytes.
func pss(pid int) float64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	kilobytes := 0.0
	if _, rest, ok := strings.Cut(string(b), "\nPss:"); ok {
		_, _ = fmt.Sscan(rest, &kilobytes)
	}
	return kilobytes / 1024
}
