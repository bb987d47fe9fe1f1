// Command demo replaces a small server again and again under load, first with hotswap and then by plain restarts, and
// says what the clients have seen. It needs Go and Linux, and nothing else.
//
//	go run ./examples/demo [-swaps 20] [-hotswap FILE]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

func main() {
	if addr := os.Getenv(addrVariable); addr != "" {
		if err := serve(addr); err != nil {
			log.Fatal(err)
		}
		return
	}
	swaps := flag.Int("swaps", 20, "how often each column replaces the server")
	hotswap := flag.String("hotswap", "", "this hotswap, instead of what go build makes of ./cmd/hotswap")
	flag.Parse()
	if flag.NArg() > 0 || *swaps < 1 {
		fmt.Fprintln(os.Stderr, "demo: give -swaps 1 or more, and no argument")
		os.Exit(64)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	lost, err := compare(ctx, *swaps, *hotswap, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "demo: interrupted; everything has been ended")
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(69)
	case lost > 0:
		os.Exit(1)
	}
}

// compare makes both columns, prints the table, and returns how many requests hotswap has lost.
func compare(ctx context.Context, swaps int, hotswap string, out, progress io.Writer) (lost uint64, err error) {
	if hotswap == "" {
		dir, err := os.MkdirTemp("", "hotswap-demo-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		hotswap = filepath.Join(dir, "hotswap")
		build := exec.CommandContext(ctx, "go", "build", "-o", hotswap, "github.com/hotswap-dev/hotswap/cmd/hotswap")
		build.Stderr = progress
		if err := build.Run(); err != nil {
			return 0, errors.Join(ctx.Err(), fmt.Errorf("build hotswap: %w", err))
		}
	}
	fmt.Fprintf(progress,
		"%d swaps of a small server under load, then as many plain restarts:\nSIGTERM, wait for the end, start anew\n",
		swaps)
	ours, err := measure(ctx, "hotswap", swaps, progress, &swapped{binary: hotswap})
	if err != nil {
		return 0, err
	}
	plain, err := measure(ctx, "plain restarts", swaps, progress, &restarted{})
	if err != nil {
		return 0, err
	}
	return ours.load.Failed(), writeTable(out, ours, plain)
}

// contender runs the server, one process after the other. The answers of each have its number.
type contender interface {
	start(ctx context.Context, addr string) error // returns before the first process serves
	replace(next int) error                       // returns at the latest when the next process serves
	settle() error                                // returns when the replaced processes have ended
	end()                                         // ends everything
	cutovers() []time.Duration
}

// column is what one contender did under load.
type column struct {
	load     load.Snapshot
	cutovers []time.Duration // of the system calls; none for a plain restart
	replaced []time.Duration // from the order to replace the process until the new one answered
}

// kinds returns the load: a little of everything, with think times, so that two cores have time for the server, the
// clients and the booting process.
func kinds() []load.Kind {
	all := []load.Kind{
		load.FreshGET(4), load.FreshPOST(2), load.KeepAliveGET(4), load.KeepAlivePOST(2),
		load.SlowFresh(2, 300*time.Millisecond), load.SlowKeepAlive(2, 300*time.Millisecond),
	}
	for i := range all {
		all[i].Think = max(all[i].Think, 10*time.Millisecond)
	}
	return all
}

// measure replaces the server twice a second, and returns when everything has ended.
func measure(ctx context.Context, name string, swaps int, progress io.Writer, by contender) (c column, err error) {
	addr, err := freeAddr()
	if err != nil {
		return c, err
	}
	defer by.end()
	if err := errors.Join(by.start(ctx, addr), listens(ctx, addr)); err != nil {
		return c, err
	}
	client := load.New(load.Config{
		Targets: []string{addr}, Kinds: kinds(), Checks: load.ExampleChecks(),
		// A busy machine lets a server that closes its idle connections wait so long that a request has come on one.
		RaceWithin: 250 * time.Millisecond,
	})
	loading, stop := context.WithCancel(ctx)
	go client.Run(loading)
	defer func() {
		stop()
		c.load = client.Wait()
	}()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for n := 1; n <= swaps; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return c, ctx.Err()
		}
		from := time.Now()
		if err := errors.Join(by.replace(n+1), answered(ctx, client, n+1)); err != nil {
			return c, errors.Join(ctx.Err(), err)
		}
		c.replaced = append(c.replaced, time.Since(from))
		if s := client.Snapshot(); n%5 == 0 || n == swaps {
			fmt.Fprintf(progress, "%-14s  %d of %d · %d requests · %d failed\n", name, n, swaps, s.Requests, s.Failed())
		}
	}
	c.cutovers = by.cutovers()
	return c, by.settle()
}

// answered waits for the first answer of a process.
func answered(ctx context.Context, c *load.Client, number int) error {
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := c.Await(limited, func(s load.Snapshot) bool { return s.Version(strconv.Itoa(number)).Answers > 0 })
	if err != nil {
		return fmt.Errorf("process %d of the server gives no answer: %w", number, err)
	}
	return nil
}
