package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// demo shows hotswap at work beside plain restarts: the same server, the same
// load, one after the other.
type demo struct {
	std    streams
	choose wayChooser
	swaps  int
	json   bool
	port   int // 0: any that is free
}

// demoPace is the time from one replacement to the next, in both columns.
const demoPace = 500 * time.Millisecond

func demoCommand(std streams, code *int) *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "see it: swaps under load beside plain restarts",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "swaps", Value: 20, Usage: "how often the server is replaced, in each column"},
			&cli.BoolFlag{Name: "json", Usage: "print the result as JSON"},
			&cli.IntFlag{Name: "port", Usage: "serve on this port of 127.0.0.1", DefaultText: "a free one"},
		},
		OnUsageError: usageError,
		Action: func(c *cli.Context) (err error) {
			d := demo{std: std, choose: chooseWay, swaps: c.Int("swaps"), json: c.Bool("json"), port: c.Int("port")}
			switch {
			case c.NArg() > 0:
				return usagef("demo takes no arguments: leave out %q", c.Args().First())
			case d.swaps < 1:
				return usagef("--swaps %d: give 1 or more", d.swaps)
			case d.port < 0 || d.port > 65535:
				return usagef("--port %d: not a port", d.port)
			}
			ctx, stop := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			*code, err = d.run(ctx)
			return err
		},
	}
}

// crowd is the load: a little of everything, with think times, so that two
// cores have time for the server, the clients and the booting process.
func crowd() []load.Kind {
	kinds := []load.Kind{
		load.FreshGET(4), load.FreshPOST(2), load.KeepAliveGET(4), load.KeepAlivePOST(2),
		load.SlowFresh(2, 300*time.Millisecond), load.SlowKeepAlive(2, 300*time.Millisecond),
		load.WebSocket(3, "/ws"),
	}
	for i := range kinds {
		kinds[i].Think = max(kinds[i].Think, 10*time.Millisecond)
	}
	return kinds
}

// run makes both columns and prints the table.
func (d demo) run(ctx context.Context) (code int, err error) {
	if d.port == 0 {
		if d.port, err = freePort(); err != nil {
			return 0, unavailable(err)
		}
	}
	show := newProgress(d.std.screen)
	swap, err := newSwapped(demoOptions(), d.choose, d.port)
	if err != nil {
		return 0, err
	}
	if why := swap.machinery.way.why; why != nil {
		swap.discard()
		return 0, unavailable(fmt.Errorf("no demo: interception does not work here (%w); %s", why, seeDoctor))
	}
	show.head(fmt.Sprintf("%d swaps of a small server on %s under load,", d.swaps, demoAddr(d.port)))
	show.head("then as many plain restarts: SIGTERM, wait for the end, start anew")

	hot, err := d.column(ctx, show, "hotswap", swap)
	if err != nil {
		return interrupted(d.std, err)
	}
	old, err := newRestarted(d.port)
	if err != nil {
		return 0, err
	}
	plain, err := d.column(ctx, show, "plain restarts", old)
	if err != nil {
		return interrupted(d.std, err)
	}
	out := demoResult{Hotswap: newDemoColumn(hot), Plain: newDemoColumn(plain)}
	if d.json {
		err = out.writeJSON(d.std.out)
	} else {
		err = out.writeTable(d.std.out)
	}
	if out.Hotswap.Failed > 0 {
		return exitFailed, err
	}
	return exitOK, err
}

func (d demo) column(ctx context.Context, show *progress, name string, b backend) (trialResult, error) {
	t := trial{backend: b, port: d.port, kinds: crowd(), swaps: d.swaps, pace: demoPace}
	t.progress = func(swaps int, s load.Snapshot) {
		show.step(name, swaps, d.swaps, s.Requests-s.WebSocket.Echoed, s.Failed())
	}
	r, err := t.run(ctx)
	show.end()
	return r, err
}

// interrupted makes a Ctrl-C an end and not an error.
func interrupted(std streams, err error) (int, error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(std.err, "hotswap: interrupted; everything has been ended")
		return exitSignal + int(syscall.SIGINT), nil
	}
	return 0, err
}
