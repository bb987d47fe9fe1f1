//go:build unix

package fresh

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
	Booting  = 60 * time.Second // limit of a contender's first boot
	resting  = 8 * time.Second  // limit of the wait for hotswap's standby between two turns
)

// Cell is a program in one rhythm, with or without traffic.
type Cell struct {
	Options
	Program Program
	source  string
	Rhythm  time.Duration
	Traffic bool
	warmups int           // saves at the begin of each turn that do not count
	Lead    time.Duration // from the begin of a turn to its first save; 0: about one interval
	Slow    int           // requests that take two seconds and are always under way
}

func (c *Cell) String() string {
	with := "quiet"
	if c.Traffic {
		with = "traffic"
	}
	return fmt.Sprintf("%s, a save every %v, %s", c.Program.Name, c.Rhythm, with)
}

// measure appends the tracks of this cell to r.
func (c *Cell) measure(ctx context.Context, scratch string, r *result) error {
	var running []*Process
	var tracks []*Track
	defer func() {
		for _, p := range running {
			p.Stop()
		}
		for i, t := range tracks {
			t.Explain(running[i].Log)
			if len(t.Samples) > 0 {
				r.Cells = append(r.Cells, t)
				c.Say("%s", t)
			}
		}
	}()
	contenders := c.Program.Contenders
	if c.Baseline != "" {
		before := contenders[0]
		before.Name, before.baseline = "hotswap-before", true
		contenders = append(contenders[:len(contenders):len(contenders)], before)
	}
	for _, contender := range contenders {
		name := strings.ReplaceAll(contender.Name, " ", "")
		if len(c.Options.contenders) == 0 && contender.onDemand || len(c.Options.contenders) > 0 &&
			!contender.baseline && !slices.Contains(c.Options.contenders, name) {
			continue
		}
		if contender.quietOnly && c.Traffic {
			continue
		}
		if err := contender.Missing(); err != nil {
			r.leaveOut(c.Program.Name, contender.Name, err)
			c.Say("%s: %s left out: %v", c.Program.Name, contender.Name, err)
			continue
		}
		at := fmt.Sprintf("%s-%v-%v-%s", c.Program.Name, c.Rhythm,
			map[bool]string{false: "quiet", true: "traffic"}[c.Traffic], name)
		p, err := start(c.Options, contender, c.source, filepath.Join(scratch, "run-"+at),
			filepath.Join(c.Logs, at+".log"))
		if err != nil {
			return err
		}
		running, tracks = append(running, p), append(tracks, NewTrack(c, contender))
		err = p.Serves(ctx)
		if err != nil && contender.Name != "hotswap" && ctx.Err() == nil {
			p.Stop()
			running, tracks = running[:len(running)-1], tracks[:len(tracks)-1]
			r.leaveOut(c.Program.Name, contender.Name, err)
			c.Say("%s: %s left out: %v", c.Program.Name, contender.Name, err)
			continue
		}
		if err != nil {
			return err
		}
	}
	if len(running) == 0 {
		return nil
	}
	c.Say("%s", c)
	defer func() {
		for _, t := range tracks {
			t.Load = LoadAverage()
		}
	}()
	for round := range c.Rounds {
		for i, p := range running {
			p.Rest(ctx)
			saves := (c.Saves+c.Rounds-1)/c.Rounds + c.warmups
			if err := c.Turn(ctx, p, tracks[i], round, saves); err != nil {
				return err
			}
		}
	}
	return nil
}

// Turn makes some saves in the cell's rhythm.
func (c *Cell) Turn(ctx context.Context, p *Process, t *Track, round, saves int) error {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	asks := newProbe(p.url("/ping"))
	asked := make(chan struct{})
	go func() { asks.run(asking); close(asked) }()
	var load *traffic
	if c.Traffic {
		load = beginTraffic(asking, p, kinds(c.Rate, c.Slow))
	}
	var all []*Sample
	begun := time.Now()
	for n := range saves {
		if err := Sleep(ctx, time.Until(begun.Add(c.due(n)))); err != nil {
			return err
		}
		s := &Sample{Round: round, Warmup: n < c.warmups, settled: make(chan struct{})}
		var err error
		s.Style, s.ended, err = p.Save(c.Program)
		if err != nil {
			return err
		}
		s.Version = p.Version
		asks.expect(s)
		all = append(all, s)
	}
	last := all[len(all)-1]
	select {
	case <-last.settled:
	case <-time.After(time.Until(last.ended.Add(Never))):
	case <-ctx.Done():
	}
	_ = Sleep(ctx, 5*calm) // a few more answers, which must not be older
	asks.forget()
	if load != nil {
		t.Traffic.add(load.end())
	}
	stop()
	<-asked
	t.Probe.add(asks.result())
	for _, s := range all {
		s.judge()
	}
	t.Samples = append(t.Samples, all...)
	return ctx.Err()
}

// due returns when save n of a turn comes, from the turn's begin. The saves come up to a
// fifth of the interval early or late, except a first one with a fixed lead.
func (c *Cell) due(n int) time.Duration {
	jitter := (rand.Float64() - 0.5) * 0.4
	switch {
	case c.Lead == 0:
		return time.Duration((float64(n+1) + jitter) * float64(c.Rhythm))
	case n == 0:
		return c.Lead
	}
	return c.Lead + time.Duration((float64(n)+jitter)*float64(c.Rhythm))
}

// Serves waits until a contender answers.
func (p *Process) Serves(ctx context.Context) error {
	asks := newProbe(p.url("/ping"))
	s := &Sample{Version: p.Version, ended: time.Now(), settled: make(chan struct{})}
	asks.expect(s)
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go asks.run(asking)
	select {
	case <-s.settled:
		return nil
	case <-p.Done:
		return fmt.Errorf("%s ended before it answered: see %s", p.contender.Name, p.Log)
	case <-time.After(Booting):
		return fmt.Errorf("%s does not answer: see %s", p.contender.Name, p.Log)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Rest lets a turn begin with nothing left to do: hotswap's standby waits.
func (p *Process) Rest(ctx context.Context) {
	_ = Sleep(ctx, time.Second)
	if p.contender.Hotswap == nil || slices.Contains(p.contender.Hotswap, "--no-warm") {
		return
	}
	for end := time.Now().Add(resting); time.Now().Before(end) && !standbyWaits(p.Log); {
		if Sleep(ctx, 50*time.Millisecond) != nil {
			return
		}
	}
}

// Sleep waits for d. It returns an error if ctx ends before.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
