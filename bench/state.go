//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// runState is "bench state": the median and the 99th percentile of one call after the other from Node and Python,
// and how many a second there are with 64 at once.
func runState(args []string) error {
	var o fresh.Options
	flags := flag.NewFlagSet("bench state", flag.ExitOnError)
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	h, err := prepare(o)
	if err != nil {
		return err
	}
	defer h.Close()
	for _, client := range []string{"node", "python"} {
		var got map[string]struct{ Median, P99, Rate float64 }
		if err := h.calls(client, &got); err != nil {
			return fmt.Errorf("%s: %w", client, err)
		}
		for call, r := range got {
			name := fmt.Sprintf("%s, %s", client, call)
			fresh.Figure(name, r.Median, "µs, median")
			fresh.Figure(name, r.P99, "µs, 99th percentile")
			fresh.Figure(name, r.Rate, "a second, 64 at once")
		}
	}
	return nil
}

// calls runs a client's program and decodes what it writes into its file; see internal/e2e/testdata/state/bench.mjs.
func (h machinery) calls(client string, into any) error {
	dir, err := h.Temp()
	if err != nil {
		return err
	}
	programs := filepath.Join(e2etest.Root(), "internal/e2e/testdata/state")
	command := map[string][]string{"node": {"node", "bench.mjs"}, "python": {"python3", "-B", "bench.py"}}[client]
	switch client {
	case "node":
		err = errors.Join(fresh.Copied("examples/state/node")(dir), copyFile(filepath.Join(dir, "bench.mjs"),
			filepath.Join(programs, "bench.mjs")))
	case "python":
		err = errors.Join(os.CopyFS(filepath.Join(dir, "hotswap"),
			os.DirFS(filepath.Join(e2etest.Root(), "clients/python/hotswap"))),
			copyFile(filepath.Join(dir, "bench.py"), filepath.Join(programs, "bench.py")))
	}
	if err != nil {
		return err
	}
	out := filepath.Join(dir, "out")
	with := []string{"--no-watch", "--max-crashes", "1"}
	c := fresh.Contender{Name: "hotswap", Hotswap: with, Command: append(command, out)}
	p, err := fresh.Launch(h.Options, c, dir, filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer p.Stop()
	for end := time.Now().Add(10 * fresh.Booting); time.Now().Before(end); {
		if b, err := os.ReadFile(out); err == nil {
			return json.Unmarshal(b, into)
		}
		select {
		case <-p.Done:
			return fmt.Errorf("hotswap has ended: see %s", p.Log)
		case <-time.After(10 * time.Millisecond):
		case <-h.Ctx.Done():
			return h.Ctx.Err()
		}
	}
	return fmt.Errorf("the program does not end: see %s", p.Log)
}

func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}
