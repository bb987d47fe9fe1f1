// Package demo compares hotswap with plain restarts: both replace the same small server under
// the same load, one after the other. Doctor makes one swap of the same server.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// Demo shows swaps and then plain restarts: the same server under the same load.
type Demo struct {
	Out, Err io.Writer // the table; the progress
	Swaps    int
}

const (
	// pace is the time from one replacement to the next.
	pace = 500 * time.Millisecond
	// progressEvery is the number of replacements from line to line.
	progressEvery = 5
)

// kinds returns the load: a little of everything, with think times, so that two cores have
// time for the server, the clients and the booting process.
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

// restart is the Chooser of plain restarts: SIGTERM, wait for the end, start anew.
func restart(o options.Options, a systemd.Activation, r *reuseport.Registry) (engine.Mechanism, error) {
	m, err := engine.Choose(o, a, r)
	m.Transports, m.Drainer, m.Strategy = nil, nil, supervisor.StopFirst
	return m, err
}

// Run makes both columns and prints the table.
func (d Demo) Run(ctx context.Context) (code int, err error) {
	fmt.Fprintf(d.Err, "hotswap: %s of a small server under load, then as many plain restarts:\n"+
		"hotswap: SIGTERM, wait for the end, start anew\n", human.Count(d.Swaps, "swap"))
	swaps, err := d.column(ctx, "hotswap", engine.Choose)
	if err != nil {
		return Interrupted(d.Err, err)
	}
	plain, err := d.column(ctx, "plain restarts", restart)
	if err != nil {
		return Interrupted(d.Err, err)
	}
	return writeTable(d.Out, swaps, plain)
}

// Interrupted returns the exit code of Ctrl-C, or err if that is something else.
func Interrupted(w io.Writer, err error) (int, error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "hotswap: interrupted; everything has been ended")
		return exit.CodeSignal + int(syscall.SIGINT), nil
	}
	return 0, err
}

// column is what one contender did under load.
type column struct {
	load     load.Snapshot
	cutovers []time.Duration // of the system calls; none for a plain restart
	replaced []time.Duration // from the order to replace the process until the new one answered
}

// column replaces the server again and again, and returns when everything has ended.
func (d Demo) column(ctx context.Context, name string, choose engine.Chooser) (c column, err error) {
	port, err := FreePort()
	if err != nil {
		return c, err
	}
	b, err := NewHotswap(Options(), choose, port)
	if err != nil {
		return c, fmt.Errorf("%w; run hotswap doctor to see what is missing", err)
	}
	version, err := b.Begin(ctx)
	defer func() {
		b.End(ctx)
		c.cutovers = b.cutovers
	}()
	if err != nil {
		return c, err
	}
	client := load.New(load.Config{Targets: []string{Addr(port)}, Kinds: kinds(), Checks: load.ExampleChecks()})
	loading, stop := context.WithCancel(ctx)
	go client.Run(loading)
	defer func() {
		stop()
		c.load = client.Wait()
	}()
	if err := answered(ctx, client, version); err != nil {
		return c, err
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 1; n <= d.Swaps; n++ {
		if err := wait.On(ctx, tick.C); err != nil {
			return c, err
		}
		from := time.Now()
		if version, err = b.Replace(ctx); err != nil {
			return c, err
		}
		if err := answered(ctx, client, version); err != nil {
			return c, err
		}
		c.replaced = append(c.replaced, time.Since(from))
		if s := client.Snapshot(); n%progressEvery == 0 || n == d.Swaps {
			fmt.Fprintf(d.Err, "%-14s  %d of %d · %s requests · %s failed\n",
				name, n, d.Swaps, human.Thousands(s.Requests), human.Thousands(s.Failed()))
		}
	}
	return c, b.Settle(ctx)
}

// answered waits for the first answer of a version.
func answered(ctx context.Context, c *load.Client, version int) error {
	limited, cancel := context.WithTimeout(ctx, wait.Work)
	defer cancel()
	name := strconv.Itoa(version)
	err := c.Await(limited, func(s load.Snapshot) bool { return s.Version(name).Answers > 0 })
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("process %d of the demo's server gives no answer: %w", version, err)
	}
	return err
}
