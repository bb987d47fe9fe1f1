//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	unsteady = 2                // warm-up saves of a turn in the rhythm benchmark
	booting  = 60 * time.Second // limit of a contender's first boot
	resting  = 8 * time.Second  // limit of the wait for hotswap's standby between two turns
)

// cell is a program in one rhythm, with or without traffic.
type cell struct {
	options
	program program
	source  string
	rhythm  time.Duration
	traffic bool
	warmups int           // saves at the begin of each turn that do not count
	lead    time.Duration // from the begin of a turn to its first save; 0: about one interval
	slow    int           // requests that take two seconds and are always under way
}

func (c *cell) String() string {
	with := "quiet"
	if c.traffic {
		with = "traffic"
	}
	return fmt.Sprintf("%s, a save every %v, %s", c.program.name, c.rhythm, with)
}

// measure appends the tracks of this cell to r.
func (c *cell) measure(ctx context.Context, scratch string, r *result) error {
	var running []*process
	var tracks []*track
	defer func() {
		for _, p := range running {
			p.stop()
		}
		for i, t := range tracks {
			t.explain(running[i].log)
			if len(t.Samples) > 0 {
				r.Cells = append(r.Cells, t)
				c.say("%s", t)
			}
		}
	}()
	contenders := c.program.contenders
	if c.baseline != "" {
		before := contenders[0]
		before.name, before.baseline = "hotswap-before", true
		contenders = append(contenders[:len(contenders):len(contenders)], before)
	}
	for _, contender := range contenders {
		name := strings.ReplaceAll(contender.name, " ", "")
		if len(c.options.contenders) == 0 && contender.onDemand || len(c.options.contenders) > 0 && !contender.baseline && !slices.Contains(c.options.contenders, name) {
			continue
		}
		if contender.quietOnly && c.traffic {
			continue
		}
		if err := contender.missing(); err != nil {
			r.leaveOut(c.program.name, contender.name, err)
			c.say("%s: %s left out: %v", c.program.name, contender.name, err)
			continue
		}
		at := fmt.Sprintf("%s-%v-%v-%s", c.program.name, c.rhythm, map[bool]string{false: "quiet", true: "traffic"}[c.traffic], name)
		p, err := start(c.options, contender, c.source, filepath.Join(scratch, "run-"+at), filepath.Join(c.logs, at+".log"))
		if err != nil {
			return err
		}
		running, tracks = append(running, p), append(tracks, newTrack(c, contender))
		err = p.serves(ctx)
		if err != nil && contender.name != "hotswap" && ctx.Err() == nil {
			p.stop()
			running, tracks = running[:len(running)-1], tracks[:len(tracks)-1]
			r.leaveOut(c.program.name, contender.name, err)
			c.say("%s: %s left out: %v", c.program.name, contender.name, err)
			continue
		}
		if err != nil {
			return err
		}
	}
	if len(running) == 0 {
		return nil
	}
	c.say("%s", c)
	defer func() {
		for _, t := range tracks {
			t.Load = loadAverage()
		}
	}()
	for round := range c.rounds {
		for i, p := range running {
			p.rest(ctx)
			saves := (c.saves+c.rounds-1)/c.rounds + c.warmups
			if err := c.turn(ctx, p, tracks[i], round, saves); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn makes some saves in the cell's rhythm.
func (c *cell) turn(ctx context.Context, p *process, t *track, round, saves int) error {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	asks := newProbe(p.url("/ping"))
	asked := make(chan struct{})
	go func() { asks.run(asking); close(asked) }()
	var load *traffic
	if c.traffic {
		load = beginTraffic(asking, p, kinds(c.rate, c.slow))
	}
	var all []*sample
	begun := time.Now()
	for n := range saves {
		if err := sleep(ctx, time.Until(begun.Add(c.due(n)))); err != nil {
			return err
		}
		s := &sample{Round: round, Warmup: n < c.warmups, settled: make(chan struct{})}
		var err error
		if s.Style, s.ended, err = p.save(c.program); err != nil {
			return err
		}
		s.Version = p.version
		asks.expect(s)
		all = append(all, s)
	}
	last := all[len(all)-1]
	select {
	case <-last.settled:
	case <-time.After(time.Until(last.ended.Add(never))):
	case <-ctx.Done():
	}
	_ = sleep(ctx, 5*calm) // a few more answers, which must not be older
	asks.forget()
	if load != nil {
		counts, perSecond := load.end()
		t.Traffic.add(counts)
		t.PerSecond = append(t.PerSecond, perSecond)
		t.Streams += int(load.opened.Load())
		t.series = append(t.series, load.series...)
	}
	stop()
	<-asked
	t.Probe.add(asks.result())
	for _, s := range all {
		s.judge(c.program.waitMS)
	}
	t.Samples = append(t.Samples, all...)
	return ctx.Err()
}

// due returns when save n of a turn comes, from the turn's begin. The saves come up to a
// fifth of the interval early or late, except a first one with a fixed lead.
func (c *cell) due(n int) time.Duration {
	jitter := (rand.Float64() - 0.5) * 0.4
	switch {
	case c.lead == 0:
		return time.Duration((float64(n+1) + jitter) * float64(c.rhythm))
	case n == 0:
		return c.lead
	}
	return c.lead + time.Duration((float64(n)+jitter)*float64(c.rhythm))
}

// serves waits until a contender answers.
func (p *process) serves(ctx context.Context) error {
	asks := newProbe(p.url("/ping"))
	s := &sample{Version: p.version, ended: time.Now(), settled: make(chan struct{})}
	asks.expect(s)
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go asks.run(asking)
	select {
	case <-s.settled:
		return nil
	case <-p.done:
		return fmt.Errorf("%s ended before it answered: see %s", p.contender.name, p.log)
	case <-time.After(booting):
		return fmt.Errorf("%s does not answer: see %s", p.contender.name, p.log)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rest lets a turn begin with nothing left to do: hotswap's standby waits.
func (p *process) rest(ctx context.Context) {
	_ = sleep(ctx, time.Second)
	if p.contender.hotswap == nil || slices.Contains(p.contender.hotswap, "--no-warm") {
		return
	}
	for end := time.Now().Add(resting); time.Now().Before(end) && !standbyWaits(p.log); {
		if sleep(ctx, 50*time.Millisecond) != nil {
			return
		}
	}
}

// sleep waits for d. It returns an error if ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
