//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"time"
)

// runStacks is the command "bench stacks".
func runStacks(args []string) error {
	var (
		o     options
		flags = flag.NewFlagSet("bench stacks", flag.ExitOnError)
		only  = flags.String("stacks", "", "names of folders in bench/stacks, with commas (default all)")
		out   = folderFlag(flags, "dist/stacks", "stacks.json, stacks.md")
		from  = flags.String("from", "", "measure nothing, but read these JSON files, with commas")
		docs  = flags.Bool("docs", false, "write the table of docs/evidence.md, too")
		rival = flags.Int("watcher-runs", 3, "runs of each watcher")
	)
	flags.IntVar(&o.rounds, "runs", 10, "runs of hotswap that count, each a fresh hotswap")
	flags.IntVar(&o.saves, "saves", 5, "saves of each run")
	flags.IntVar(&o.rate, "rate", 200, "requests per second")
	calm := flags.Duration("calm", 0, "wait before each run until the machine does nothing else, at most for this long")
	flags.StringVar(&o.hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	folder, err := out(&o)
	if err != nil {
		return err
	}
	if *from != "" {
		r, err := readStackResults(split(*from))
		if err != nil {
			return err
		}
		fmt.Println(r.table())
		return errors.Join(r.save(folder, *docs), r.fault())
	}
	stacks, err := readStacks(split(*only))
	if err != nil {
		return err
	}
	h, err := begin(o)
	if err != nil {
		return err
	}
	defer h.close()
	r := &stacksResult{Machine: machine(), Begun: time.Now().UTC()}
	for _, s := range stacks {
		m := &stackMeasure{options: h.options, stack: s, pace: ofStacks, scratch: h.scratch, watcherRuns: *rival, calm: *calm}
		one, err := m.measure(h.ctx)
		if h.ctx.Err() != nil {
			return h.ctx.Err()
		}
		if err != nil {
			h.say("%s: left out: %v", s.Name, err)
			r.LeftOut = append(r.LeftOut, leftOut{Program: s.Name, Why: err.Error()})
			continue
		}
		r.Stacks = append(r.Stacks, one)
		if err := r.save(folder, *docs); err != nil {
			return err
		}
	}
	err = r.save(folder, *docs)
	fmt.Println("\n" + r.table())
	fmt.Println("written to", folder)
	return errors.Join(err, r.fault())
}
