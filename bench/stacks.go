//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// runStacks is the command "bench stacks".
func runStacks(args []string) error {
	var (
		o     fresh.Options
		flags = flag.NewFlagSet("bench stacks", flag.ExitOnError)
		only  = flags.String("stacks", "", "names of folders in bench/stacks, with commas (default all)")
		out   = fresh.FolderFlag(flags, "dist/stacks", "stacks.json, stacks.md")
		from  = flags.String("from", "", "measure nothing, but read these JSON files, with commas")
		rival = flags.Int("watcher-runs", 3, "runs of each watcher")
	)
	flags.IntVar(&o.Rounds, "runs", 10, "runs of hotswap that count, each a fresh hotswap")
	flags.IntVar(&o.Saves, "saves", 5, "saves of each run")
	flags.IntVar(&o.Rate, "rate", 200, "requests per second")
	calm := flags.Duration("calm", 0, "wait before each run until the machine does nothing else, at most for this long")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	folder, err := out(&o)
	if err != nil {
		return err
	}
	if *from != "" {
		r, err := readStackResults(fresh.Split(*from))
		if err != nil {
			return err
		}
		fmt.Println(r.table())
		return errors.Join(r.save(folder), r.fault())
	}
	stacks, err := readStacks(fresh.Split(*only))
	if err != nil {
		return err
	}
	h, err := fresh.Begin(o)
	if err != nil {
		return err
	}
	defer h.Close()
	r := &stacksResult{Machine: fresh.Machine(), Begun: time.Now().UTC()}
	for _, s := range stacks {
		m := &stackMeasure{Options: h.Options, stack: s, pace: ofStacks, scratch: h.Scratch, watcherRuns: *rival,
			calm: *calm}
		one, err := m.measure(h.Ctx)
		if h.Ctx.Err() != nil {
			return h.Ctx.Err()
		}
		if err != nil {
			h.Say("%s: left out: %v", s.Name, err)
			r.LeftOut = append(r.LeftOut, fresh.LeftOut{Program: s.Name, Why: err.Error()})
			continue
		}
		r.Stacks = append(r.Stacks, one)
		if err := r.save(folder); err != nil {
			return err
		}
	}
	err = r.save(folder)
	fmt.Println("\n" + r.table())
	fmt.Println("written to", folder)
	return errors.Join(err, r.fault())
}
