//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
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
	fresh.Options
	*stack
	pace
	scratch     string
	watcherRuns int
	calm        time.Duration // longest wait before a run for a machine that does nothing else
}

// project is a contender's copy of a stack, for all its runs.
type project struct {
	contender fresh.Contender
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
	r.First, err = m.run(ctx, hotswap, "first")
	if err != nil {
		return nil, err
	}
	for n := range max(m.Rounds, m.watcherRuns) {
		if n < m.Rounds {
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
func (m *stackMeasure) project(c fresh.Contender) (*project, error) {
	name := m.Name + "-" + strings.ReplaceAll(c.Name, " ", "")
	p := &project{contender: c, dir: filepath.Join(m.scratch, name), cache: filepath.Join(m.scratch, name+".cache"),
		version: 1}
	return p, errors.Join(m.copy(p.dir), os.MkdirAll(p.cache, 0o700))
}

// run starts a contender, saves a few times and stops it.
func (m *stackMeasure) run(ctx context.Context, on *project, number string) (*fresh.Track, error) {
	fresh.WaitForCalm(ctx, m.calm)
	o := m.Options
	if on.contender.Hotswap != nil {
		o.Wrap = e2etest.OwnCache(on.cache)
	}
	name := strings.ReplaceAll(on.contender.Name, " ", "")
	p, err := fresh.Launch(o, on.contender, on.dir, filepath.Join(m.Logs, m.Name+"-"+name+"-"+number+".log"))
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	checked, err := m.check(p)
	if err != nil {
		return nil, err
	}
	defer checked()
	p.Version, p.Saves = on.version, on.saves
	defer func() { on.version, on.saves = p.Version, p.Saves }()
	if err := p.Serves(ctx); err != nil {
		return nil, err
	}
	c := &fresh.Cell{Options: m.Options, Program: m.program(), Rhythm: m.rhythm, Traffic: !m.quiet, Lead: m.lead,
		Slow: m.pace.slow}
	t := fresh.NewTrack(c, on.contender)
	weighed := func() {}
	if m.weigh {
		if err := fresh.Sleep(ctx, m.settle); err != nil {
			return nil, err
		}
		weighed = t.Weigh(p.Cmd.Process.Pid)
	}
	if err := c.Turn(ctx, p, t, 0, m.Options.Saves); err != nil {
		return nil, err
	}
	if m.weigh {
		_ = fresh.Sleep(ctx, m.rhythm)
	}
	weighed()
	t.Checked, t.Unkept = checked()
	if t.Hotswap {
		t.Memory = p.Memory(ctx, m.Options.Hotswap)
	}
	t.Load = fresh.LoadAverage()
	t.Explain(p.Log)
	m.Say("%s, run %s", t, number)
	return t, nil
}

// check begins the stack's check. The returned function ends it, the first time.
func (m *stackMeasure) check(p *fresh.Process) (end func() (said string, failed bool), err error) {
	if len(m.stack.Check) == 0 {
		return func() (string, bool) { return "", false }, nil
	}
	out, err := os.Create(p.Log + ".check")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(m.stack.Check[0], m.stack.Check[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.Dir, append(os.Environ(), "PORT="+p.Port), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	return sync.OnceValues(func() (string, bool) {
		defer out.Close()
		in.Close()
		defer time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }).Stop()
		err := cmd.Wait()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it has started
		text, unread := os.ReadFile(out.Name())
		return string(bytes.TrimSpace(text)), errors.Join(err, unread) != nil
	}), err
}
