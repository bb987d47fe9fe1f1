//go:build unix

package places

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// Run is "bench places".
func Run(args []string) (err error) {
	var o fresh.Options
	flags := flag.NewFlagSet("bench places", flag.ExitOnError)
	worktrees := flags.Int("worktrees", 10, "worktrees")
	requests := flags.Uint64("requests", 100_000, "requests, at least")
	docs := flags.Bool("docs", false, "write the table of docs/evidence.md, too")
	flags.IntVar(&o.Rounds, "rounds", 9, "starts with a map of ports and without one")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	h, err := fresh.Begin(o)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := os.Setenv("XDG_STATE_HOME", filepath.Join(h.Scratch, "state")); err != nil {
		return err
	}
	r := &result{before: fresh.LoadAverage()}
	trees, err := e2etest.Worktrees(h.Scratch, stacks(*worktrees))
	if err != nil {
		return err
	}
	for _, w := range trees {
		r.all = append(r.all, &place{Worktree: w, hotswap: h.Hotswap})
	}
	defer func() {
		for _, p := range r.all {
			_, _ = p.does("stop") // what has failed to start is not there
		}
	}()
	for _, step := range []func(context.Context) error{
		r.compile, r.start,
		func(ctx context.Context) error { return r.save(ctx, *requests) },
		func(ctx context.Context) (err error) { r.processor, err = asleep(ctx, r.all, saved); return err },
		func(ctx context.Context) (err error) { r.cost, err = cost(ctx, h); return err },
	} {
		if err := step(h.Ctx); err != nil {
			return err
		}
	}
	text := r.table()
	fmt.Print("\n" + text)
	if *docs {
		err = fresh.ReplaceBetween(filepath.Join(e2etest.Root(), "docs", "evidence.md"),
			"<!-- places: written by .ci/bench places -docs -->\n", "<!-- /places -->\n", text)
	}
	return errors.Join(err, r.fault())
}

// saved is the version after the save.
const saved = 2

// stacks returns so many stacks, in turns those that run here.
func stacks(n int) (all []e2etest.Stack) {
	here := e2etest.Stacks
	if _, err := exec.LookPath("javac"); err != nil {
		here = here[:3]
	}
	for i := range n {
		all = append(all, here[i%len(here)])
	}
	return all
}

// result is what was measured.
type result struct {
	all       []*place
	before    string  // load averages
	processor float64 // that all used asleep
	cost      [2]float64
}

// compile waits until hotswap has compiled its adapter for Go, once a toolchain.
func (r *result) compile(ctx context.Context) error {
	for _, p := range r.all {
		if p.Name != "go" {
			continue
		}
		if _, err := p.start(); err != nil {
			return err
		}
		for {
			text, err := p.does("status")
			if err == nil && !strings.Contains(text, "hands its") {
				err = fresh.Sleep(ctx, time.Second)
			} else if err == nil {
				_, err = p.does("stop")
				return err
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// start starts each place, and once more.
func (r *result) start(ctx context.Context) (err error) {
	at := map[string]string{}
	for _, p := range r.all {
		p.started, err = p.start()
		if err != nil {
			return err
		}
		p.again, err = p.start()
		if err != nil {
			return err
		}
		if other := at[p.url]; other != "" {
			return fmt.Errorf("%s and %s have %s", other, p.Tree, p.url)
		}
		at[p.url] = p.Tree
		fresh.Say("%s: %s at %s, for %d in the code", p.Tree, p.Name, p.url, p.Port)
	}
	for _, p := range r.all {
		if err := p.answers(ctx, 1); err != nil {
			return err
		}
	}
	return nil
}

// save saves each place while the clients of all ask.
func (r *result) save(ctx context.Context, requests uint64) error {
	for _, p := range r.all {
		p.ask(ctx)
	}
	defer func() {
		for _, p := range r.all {
			p.end()
			p.got = p.client.Wait()
		}
	}()
	for _, p := range r.all {
		if err := p.save(ctx, saved-1); err != nil {
			return err
		}
		fresh.Say("%s: version %d after %.0f ms", p.Tree, saved, p.fresh)
	}
	for _, p := range r.all {
		if err := errors.Join(p.drained(ctx), p.answers(ctx, saved)); err != nil {
			return err
		}
	}
	for {
		sum := uint64(0)
		for _, p := range r.all {
			sum += p.client.Snapshot().Requests
		}
		if sum >= requests {
			return nil
		}
		if err := fresh.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

// fault returns what must not be, or nil.
func (r *result) fault() (err error) {
	for _, p := range r.all {
		if n := p.got.Failed() + p.got.Counts[load.Abandoned]; n > 0 {
			err = errors.Join(err, fmt.Errorf("%s, %s: %d requests failed\n%v", p.Tree, p.Name, n, p.got))
		}
		if n := p.Strangers.Load(); n > 0 {
			err = errors.Join(err, fmt.Errorf("%s: %d answers of others", p.Tree, n))
		}
	}
	return err
}
