//go:build unix

package main

import (
	"errors"
	"flag"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// runBaseline is "bench baseline": this hotswap and another build do the same work in turns, in one run, so that
// the machine's own drift meets both. Each ratio is this build's time divided by the other's: smaller is better.
func runBaseline(args []string) error {
	var o options
	flags := flag.NewFlagSet("bench baseline", flag.ExitOnError)
	flags.StringVar(&o.hotswap, "hotswap", "", "binary (default: built from this repository)")
	flags.StringVar(&o.baseline, "baseline", "", "binary of another hotswap to compare with")
	flags.IntVar(&o.rounds, "rounds", 20, "turns of each build")
	_ = flags.Parse(args) // it exits
	if o.baseline == "" {
		return errors.New("baseline: -baseline names the binary of another hotswap")
	}
	var err error
	if o.baseline, err = filepath.Abs(o.baseline); err != nil {
		return err
	}
	h, err := begin(o)
	if err != nil {
		return err
	}
	defer h.close()
	say("load before: %s", loadAverage())
	for _, compare := range []func(builds [2]string) error{
		func(builds [2]string) error { return h.compareSaves(builds, "hono-cdc", warm) },
		func(builds [2]string) error { return h.compareSaves(builds, "hono-cdc", cold) },
		func(builds [2]string) error { return h.compareSaves(builds, "large", warm) },
		func(builds [2]string) error { return h.compareSaves(builds, "large", cold) },
		h.compareStarts, h.compareThroughput, h.compareMemory,
	} {
		if err := compare([2]string{h.hotswap, h.baseline}); err != nil {
			return err
		}
	}
	say("load after: %s", loadAverage())
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
	ours, theirs := percentile(took[0], 50), percentile(took[1], 50)
	figure(what, ours, "ms")
	figure(what+", baseline", theirs, "ms")
	figure(what+", ratio", ours/theirs, "")
	figure(what+", ratio by round", percentile(rounds, 50), "")
}

// compareSaves measures from a save until the new version answers.
func (h *harness) compareSaves(builds [2]string, name string, how []string) error {
	of := programs()[slices.Index(names(), name)]
	var running [2]*process
	for i, binary := range builds {
		dir, err := h.temp()
		if err == nil {
			err = of.prepare(dir)
		}
		if err == nil {
			running[i], err = h.starts(binary, dir, how, of.contenders[0].command)
		}
		if err != nil {
			return err
		}
		defer running[i].stop()
	}
	var took [2][]float64
	err := turns(h.rounds, func(i int) error {
		p := running[i]
		p.rest(h.ctx)
		_, ended, err := p.save(of)
		if err == nil {
			err = p.serves(h.ctx)
		}
		took[i] = append(took[i], ms(time.Since(ended)))
		return err
	})
	if err == nil {
		ratio("save of "+name+" "+map[bool]string{true: "warm", false: "cold"}[len(how) == 0], took)
	}
	return err
}

// goServerAt builds examples/go-server and returns its path.
func (h *harness) goServerAt() (string, error) {
	path := filepath.Join(h.scratch, "go-server")
	return path, e2etest.Build(path, "./examples/go-server", []string{"CGO_ENABLED=0"}, "-ldflags", "-X main.version=1")
}

// goServers starts the Go server below both builds.
func (h *harness) goServers(builds [2]string) (running [2]*process, stop func(), err error) {
	stop = func() {
		for _, p := range running {
			if p != nil {
				p.stop()
			}
		}
	}
	program, err := h.goServerAt()
	for i, binary := range builds {
		if err == nil {
			running[i], err = h.starts(binary, h.scratch, []string{"--no-watch"}, []string{program})
		}
	}
	return running, stop, err
}

// compareStarts measures from the start of hotswap until the program answers.
func (h *harness) compareStarts(builds [2]string) error {
	program, err := h.goServerAt()
	if err != nil {
		return err
	}
	var took [2][]float64
	err = turns(2*h.rounds, func(i int) error {
		begun := time.Now()
		p, err := h.starts(builds[i], h.scratch, []string{"--no-watch"}, []string{program})
		if err == nil {
			took[i] = append(took[i], ms(time.Since(begun)))
			p.stop()
		}
		return err
	})
	if err == nil {
		ratio("start", took)
	}
	return err
}

// compareThroughput measures how long a million small requests would take.
func (h *harness) compareThroughput(builds [2]string) error {
	running, stop, err := h.goServers(builds)
	defer stop()
	if err != nil {
		return err
	}
	var took [2][]float64
	err = turns(h.rounds, func(i int) error {
		rate, err := hammer(running[i].port, time.Second)
		took[i] = append(took[i], 1e9/rate)
		return err
	})
	if err == nil {
		ratio("a million requests", took)
	}
	return err
}

// compareMemory reports the memory of hotswap and of a keeper while nothing happens.
func (h *harness) compareMemory(builds [2]string) error {
	running, stop, err := h.goServers(builds)
	defer stop()
	if err != nil {
		return err
	}
	if err := sleep(h.ctx, 3*time.Second); err != nil { // what is measured is how little it needs at rest
		return err
	}
	for i, p := range running {
		pids := append([]int{p.cmd.Process.Pid}, children(p.cmd.Process.Pid)...)
		for k, what := range []string{"memory of hotswap", "memory of a keeper"}[:min(2, len(pids))] {
			u, err := usageOf(pids[k])
			if err != nil {
				return err
			}
			figure(what+[2]string{"", ", baseline"}[i], float64(u.resident)/1024, "MiB")
		}
	}
	return nil
}
