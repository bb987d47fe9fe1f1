package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// demo shows hotswap at work beside plain restarts: the same server, the same
// load, one after the other.
type Demo struct {
	Out, Err, Screen io.Writer // the result; an interruption; the progress
	Choose           engine.Chooser
	Swaps            int
	JSON             bool
	Port             int // 0: any that is free
}

// demoPace is the time from one replacement to the next, in both columns.
const demoPace = 500 * time.Millisecond

// crowd is the load: a little of everything, with think times, so that two
// cores have time for the server, the clients and the booting process.
func crowd() []load.Kind {
	kinds := []load.Kind{
		load.FreshGET(4), load.FreshPOST(2), load.KeepAliveGET(4), load.KeepAlivePOST(2),
		load.SlowFresh(2, 300*time.Millisecond), load.SlowKeepAlive(2, 300*time.Millisecond),
	}
	for i := range kinds {
		kinds[i].Think = max(kinds[i].Think, 10*time.Millisecond)
	}
	return kinds
}

// run makes both columns and prints the table.
func (d Demo) Run(ctx context.Context) (code int, err error) {
	if d.Port == 0 {
		if d.Port, err = FreePort(); err != nil {
			return 0, exit.Unavailable(err)
		}
	}
	show := newProgress(d.Screen)
	swap, err := NewSwapped(Options(), d.Choose, d.Port)
	if err != nil {
		return 0, err
	}
	if why := swap.Engine.Mechanism.Why; why != nil {
		swap.discard()
		return 0, exit.Unavailable(fmt.Errorf("no demo: interception does not work here (%w); %s", why, seeDoctor))
	}
	show.head(fmt.Sprintf("%d swaps of a small server on %s under load,", d.Swaps, Addr(d.Port)))
	show.head("then as many plain restarts: SIGTERM, wait for the end, start anew")

	hot, err := d.column(ctx, show, "hotswap", swap)
	if err != nil {
		return Interrupted(d.Err, err)
	}
	old, err := newRestarted(d.Port)
	if err != nil {
		return 0, err
	}
	plain, err := d.column(ctx, show, "plain restarts", old)
	if err != nil {
		return Interrupted(d.Err, err)
	}
	out := Result{Hotswap: newDemoColumn(hot), Plain: newDemoColumn(plain)}
	if d.JSON {
		err = out.WriteJSON(d.Out)
	} else {
		err = out.writeTable(d.Out)
	}
	if out.Hotswap.Failed > 0 {
		return exit.CodeFailed, err
	}
	return exit.OK, err
}

func (d Demo) column(ctx context.Context, show *progress, name string, b backend) (trialResult, error) {
	t := Trial{Backend: b, Port: d.Port, Kinds: crowd(), WebSockets: 3, Swaps: d.Swaps, Pace: demoPace}
	t.progress = func(swaps int, s load.Snapshot) {
		show.step(name, swaps, d.Swaps, s.Requests, s.Failed())
	}
	r, err := t.Run(ctx)
	show.End()
	return r, err
}

// interrupted makes a Ctrl-C an end and not an error.
func Interrupted(w io.Writer, err error) (int, error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "hotswap: interrupted; everything has been ended")
		return exit.CodeSignal + int(syscall.SIGINT), nil
	}
	return 0, err
}
