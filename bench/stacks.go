//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// runStacks is the command "bench stacks".
func runStacks(args []string) error {
	var (
		o     options
		flags = flag.NewFlagSet("bench stacks", flag.ExitOnError)
		only  = flags.String("stacks", "", "names of folders in bench/stacks, with commas (default all)")
		out   = flags.String("out", "dist/stacks", "folder for stacks.json, stacks.md and logs")
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
	folder, err := filepath.Abs(*out)
	if err != nil {
		return err
	}
	o.logs = filepath.Join(folder, "logs")
	if err := os.MkdirAll(o.logs, 0o755); err != nil {
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
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	o.say = say
	scratch, err := os.MkdirTemp("", "hotswap-stacks")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if o.hotswap == "" {
		o.hotswap = filepath.Join(scratch, "hotswap")
		if err := e2etest.Build(o.hotswap, "./cmd/hotswap", nil); err != nil {
			return err
		}
	} else if o.hotswap, err = filepath.Abs(o.hotswap); err != nil {
		return err
	}
	if err := meetNoOthers(scratch); err != nil {
		return err
	}
	r := &stacksResult{Machine: machine(), Begun: time.Now().UTC()}
	for _, s := range stacks {
		m := &stackMeasure{options: o, stack: s, scratch: scratch, watcherRuns: *rival, calm: *calm}
		one, err := m.measure(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			o.say("%s: left out: %v", s.Name, err)
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

// say prints a line with the time.
func say(format string, args ...any) {
	fmt.Printf("%s "+format+"\n", append([]any{time.Now().UTC().Format(time.TimeOnly)}, args...)...)
}

// meetNoOthers keeps the hotswaps of this run apart from others on the machine.
func meetNoOthers(scratch string) error {
	dir := filepath.Join(scratch, "run")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.Setenv("XDG_RUNTIME_DIR", dir)
}
