//go:build unix

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

// runCost is "bench cost": what hotswap costs a program, beside the same program without it.
func runCost(args []string) error {
	if len(args) == 2 && args[0] == "write" {
		return writeLines(args[1])
	}
	var o fresh.Options
	flags := flag.NewFlagSet("bench cost", flag.ExitOnError)
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	flags.IntVar(&o.Rounds, "rounds", 9, "turns")
	_ = flags.Parse(args) // it exits
	h, err := prepare(o)
	if err != nil {
		return err
	}
	defer h.Close()
	fresh.Say("load before: %s", fresh.LoadAverage())
	for _, measure := range []func() error{h.throughput, h.startWithFiles, h.idle, h.output} {
		if err := measure(); err != nil {
			return err
		}
	}
	fresh.Say("load after: %s", fresh.LoadAverage())
	return nil
}

// throughput compares requests a second with those of the bare program, of a program without an adapter and of two
// with one.
func (h machinery) throughput() error {
	program, err := h.goServerAt()
	if err != nil {
		return err
	}
	fleet := filepath.Join(e2etest.Root(), "examples/fleet")
	for name, command := range map[string][]string{"go": {program}, "node": {"node", "node-http.js"},
		"bun": {fresh.Bun, "bun.ts"}} {
		p, err := h.Starts(h.Hotswap, fleet, []string{"--no-watch"}, command)
		if err != nil {
			return err
		}
		defer p.Stop()
		alone, err := h.Starts("", fleet, nil, command)
		if err != nil {
			return err
		}
		defer alone.Stop()
		var ratios []float64
		for range h.Rounds {
			before, err1 := fresh.Hammer(alone.Port, time.Second)
			below, err2 := fresh.Hammer(p.Port, time.Second)
			after, err3 := fresh.Hammer(alone.Port, time.Second) // the machine's own drift
			if err := errors.Join(err1, err2, err3); err != nil {
				return err
			}
			ratios = append(ratios, below/((before+after)/2))
		}
		slices.Sort(ratios)
		fresh.Figure("throughput of "+name, fresh.Percentile(ratios, 50), "of bare")
	}
	return nil
}

// startWithFiles compares the start with 10,000 files to watch and with none.
func (h machinery) startWithFiles() error {
	program, err := h.goServerAt()
	if err != nil {
		return err
	}
	dir, err := h.Temp()
	if err != nil {
		return err
	}
	for d := range 100 {
		sub := filepath.Join(dir, "src", fmt.Sprint("d", d))
		err := os.MkdirAll(sub, 0o755)
		for f := range 100 {
			text := bytes.Repeat(fmt.Appendf(nil, "export const x%d = %d\n", f, d), 100)
			err = errors.Join(err, os.WriteFile(filepath.Join(sub, fmt.Sprintf("f%d.go", f)), text, 0o644))
		}
		if err != nil {
			return err
		}
	}
	for what, args := range map[string][]string{"start with 10,000 files": {"--watch", "**/*.go"},
		"start without files": {"--no-watch"}} {
		var took []float64
		for range h.Rounds {
			begun := time.Now()
			p, err := h.Starts(h.Hotswap, dir, args, []string{program})
			if err != nil {
				return err
			}
			took = append(took, fresh.Ms(time.Since(begun)))
			p.Stop()
		}
		fresh.Figure(what, fresh.Median(took), "ms")
	}
	return nil
}

// idle measures what hotswap and its keeper do while nothing happens.
func (h machinery) idle() error {
	p, err := h.Starts(h.Hotswap, filepath.Join(e2etest.Root(), "examples/python"), nil,
		[]string{fresh.Python, "-B", "server.py"})
	if err != nil {
		return err
	}
	defer p.Stop()
	const d = 10 * time.Second
	if err := fresh.Sleep(h.Ctx, 3*time.Second); err != nil { // the baseline of the files is read in the background
		return err
	}
	pids := append([]int{p.Cmd.Process.Pid}, fresh.Children(p.Cmd.Process.Pid)...)
	measure := func() (all []fresh.Usage, err error) {
		for _, pid := range pids[:min(2, len(pids))] {
			u, failed := fresh.UsageOf(pid)
			all, err = append(all, u), errors.Join(err, failed)
		}
		return all, err
	}
	before, err := measure()
	if err != nil {
		return err
	}
	if err := fresh.Sleep(h.Ctx, d); err != nil {
		return err
	}
	after, err := measure()
	if err != nil {
		return err
	}
	for i, who := range []string{"hotswap", "keeper"}[:len(after)] {
		fresh.Figure("idle "+who, float64(after[i].Switches-before[i].Switches)/d.Seconds(), "wake-ups/s")
		fresh.Figure("idle "+who, float64(after[i].Ticks-before[i].Ticks)/d.Seconds(), "ticks/s")
		fresh.Figure("idle "+who, float64(after[i].Resident)/1024, "MiB")
		fresh.Figure("idle "+who, float64(after[i].Private)/1024, "MiB private")
	}
	return nil
}

// outputBytes is how much a program writes.
const outputBytes = 50_000_000

// output compares how fast a program writes log lines through hotswap and without it, to a pipe in blocks of
// 32 KiB, to a pipe line by line and to a terminal line by line.
func (h machinery) output() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name, block string
		open        func() (*os.File, *os.File, error)
	}{{"pipe, blocks", "32768", os.Pipe}, {"pipe, lines", "1", os.Pipe}, {"terminal, lines", "1", tty.Open}} {
		var took [2][]float64
		err := turns(5, func(i int) error {
			command := []string{self, "cost", "write", c.block}
			if i == 0 {
				command = append([]string{h.Hotswap, "--no-watch", "--"}, command...)
			}
			r, w, err := c.open()
			if err != nil {
				return err
			}
			defer r.Close()
			read := make(chan struct{})
			go func() { _, _ = io.Copy(io.Discard, r); close(read) }()
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Dir, cmd.Stdout, cmd.Stderr = h.Scratch, w, w
			begun := time.Now()
			err = cmd.Run()
			took[i] = append(took[i], fresh.Ms(time.Since(begun)))
			w.Close()
			<-read
			return err
		})
		if err != nil {
			return err
		}
		fresh.Figure("output to a "+c.name, outputBytes/1e3/fresh.Median(took[0]), "MB/s")
		fresh.Figure("output to a "+c.name+", bare", outputBytes/1e3/fresh.Median(took[1]), "MB/s")
	}
	return nil
}

// writeLines writes log lines to standard error, one or so many bytes at a time.
func writeLines(block string) error {
	size, err := strconv.Atoi(block)
	if err != nil {
		return err
	}
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	lines := bytes.Repeat(line, max(1, size/len(line)))
	for n := 0; n < outputBytes; n += len(lines) {
		if _, err := os.Stderr.Write(lines); err != nil {
			return err
		}
	}
	return nil
}
