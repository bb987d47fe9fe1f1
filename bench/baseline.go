//go:build unix

package main

import (
	"errors"
	"flag"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// runBaseline is "bench baseline": this hotswap and another build do the same work in turns, in one run, so that
// the machine's own drift meets both. Each ratio is this build's time divided by the other's: smaller is better.
func runBaseline(args []string) error {
	var o fresh.Options
	flags := flag.NewFlagSet("bench baseline", flag.ExitOnError)
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	flags.StringVar(&o.Baseline, "baseline", "", "binary of another hotswap to compare with")
	flags.IntVar(&o.Rounds, "rounds", 20, "turns of each build")
	_ = flags.Parse(args) // it exits
	if o.Baseline == "" {
		return errors.New("baseline: -baseline names the binary of another hotswap")
	}
	var err error
	o.Baseline, err = filepath.Abs(o.Baseline)
	if err != nil {
		return err
	}
	h, err := prepare(o)
	if err != nil {
		return err
	}
	defer h.Close()
	fresh.Say("load before: %s", fresh.LoadAverage())
	for _, compare := range []func(builds [2]string) error{
		func(builds [2]string) error { return h.compareSaves(builds, "hono-cdc", fresh.Warm) },
		func(builds [2]string) error { return h.compareSaves(builds, "hono-cdc", fresh.Cold) },
		func(builds [2]string) error { return h.compareSaves(builds, "large", fresh.Warm) },
		func(builds [2]string) error { return h.compareSaves(builds, "large", fresh.Cold) },
		h.compareStarts, h.compareThroughput, h.compareMemory,
	} {
		if err := compare([2]string{h.Hotswap, h.Baseline}); err != nil {
			return err
		}
	}
	fresh.Say("load after: %s", fresh.LoadAverage())
	return nil
}

// turns calls do for both builds, and the other one first in every second round.
func turns(rounds int, do func(build int) error) error {
	for i := range rounds {
		if err := errors.Join(do(i%2), do(1-i%2)); err != nil {
			return err
		}
	}
	return nil
}

// ratio prints both medians, their ratio, and the median of the ratios of each round, which is steadier because
// drift is slow compared with a round.
func ratio(what string, took [2][]float64) {
	var rounds []float64
	for i := range took[0] {
		rounds = append(rounds, took[0][i]/took[1][i])
	}
	for i := range took {
		slices.Sort(took[i])
	}
	slices.Sort(rounds)
	ours, theirs := fresh.Percentile(took[0], 50), fresh.Percentile(took[1], 50)
	fresh.Figure(what, ours, "ms")
	fresh.Figure(what+", baseline", theirs, "ms")
	fresh.Figure(what+", ratio", ours/theirs, "")
	fresh.Figure(what+", ratio by round", fresh.Percentile(rounds, 50), "")
}

// compareSaves measures from a save until the new version answers.
func (h machinery) compareSaves(builds [2]string, name string, how []string) error {
	of := fresh.Programs()[slices.Index(fresh.Names(), name)]
	var running [2]*fresh.Process
	for i, binary := range builds {
		dir, err := h.Temp()
		if err == nil {
			err = of.Prepare(dir)
		}
		if err == nil {
			running[i], err = h.Starts(binary, dir, how, of.Contenders[0].Command)
		}
		if err != nil {
			return err
		}
		defer running[i].Stop()
	}
	var took [2][]float64
	err := turns(h.Rounds, func(i int) error {
		p := running[i]
		p.Rest(h.Ctx)
		_, ended, err := p.Save(of)
		if err == nil {
			err = p.Serves(h.Ctx)
		}
		took[i] = append(took[i], fresh.Ms(time.Since(ended)))
		return err
	})
	if err == nil {
		ratio("save of "+name+" "+map[bool]string{true: "warm", false: "cold"}[len(how) == 0], took)
	}
	return err
}

// goServerAt builds examples/go-server and returns its path.
func (h machinery) goServerAt() (string, error) {
	path := filepath.Join(h.Scratch, "go-server")
	return path, e2etest.Build(path, "./examples/go-server", []string{"CGO_ENABLED=0"}, "-ldflags", "-X main.version=1")
}

// goServers starts the Go server below both builds.
func (h machinery) goServers(builds [2]string) (running [2]*fresh.Process, stop func(), err error) {
	stop = func() {
		for _, p := range running {
			if p != nil {
				p.Stop()
			}
		}
	}
	program, err := h.goServerAt()
	for i, binary := range builds {
		if err == nil {
			running[i], err = h.Starts(binary, h.Scratch, []string{"--no-watch"}, []string{program})
		}
	}
	return running, stop, err
}

// compareStarts measures from the start of hotswap until the program answers.
func (h machinery) compareStarts(builds [2]string) error {
	program, err := h.goServerAt()
	if err != nil {
		return err
	}
	var took [2][]float64
	err = turns(2*h.Rounds, func(i int) error {
		begun := time.Now()
		p, err := h.Starts(builds[i], h.Scratch, []string{"--no-watch"}, []string{program})
		if err == nil {
			took[i] = append(took[i], fresh.Ms(time.Since(begun)))
			p.Stop()
		}
		return err
	})
	if err == nil {
		ratio("start", took)
	}
	return err
}

// compareThroughput measures how long a million small requests would take.
func (h machinery) compareThroughput(builds [2]string) error {
	running, stop, err := h.goServers(builds)
	defer stop()
	if err != nil {
		return err
	}
	var took [2][]float64
	err = turns(h.Rounds, func(i int) error {
		rate, err := fresh.Hammer(running[i].Port, time.Second)
		took[i] = append(took[i], 1e9/rate)
		return err
	})
	if err == nil {
		ratio("a million requests", took)
	}
	return err
}

// compareMemory reports the memory of hotswap and of a keeper while nothing happens.
func (h machinery) compareMemory(builds [2]string) error {
	running, stop, err := h.goServers(builds)
	defer stop()
	if err != nil {
		return err
	}
	if err := fresh.Sleep(h.Ctx, 3*time.Second); err != nil { // what is measured is how little it needs at rest
		return err
	}
	for i, p := range running {
		pids := append([]int{p.Cmd.Process.Pid}, fresh.Children(p.Cmd.Process.Pid)...)
		for k, what := range []string{"memory of hotswap", "memory of a keeper"}[:min(2, len(pids))] {
			u, err := fresh.UsageOf(pids[k])
			if err != nil {
				return err
			}
			fresh.Figure(what+[2]string{"", ", baseline"}[i], float64(u.Resident)/1024, "MiB")
		}
	}
	return nil
}
