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

// Demo shows hotswap and then plain restarts: the same server under the same load.
type Demo struct {
	Out, Err, Screen io.Writer      // the result; an interruption; the progress
	Choose           engine.Chooser // nil: engine.Choose
	Swaps            int
	JSON             bool
	Port             int // 0: any that is free
}

// pace is the time from one replacement to the next, in both columns.
const pace = 500 * time.Millisecond

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

// Run makes both columns and prints the table.
func (d Demo) Run(ctx context.Context) (code int, err error) {
	if d.Port == 0 {
		if d.Port, err = FreePort(); err != nil {
			return 0, exit.Unavailable(err)
		}
	}
	show := newProgress(d.Screen)
	hotswap, err := NewHotswap(Options(), d.Choose, d.Port)
	if err != nil {
		return 0, err
	}
	if why := hotswap.Engine.Mechanism.Why; why != nil {
		hotswap.close()
		return 0, exit.Unavailable(fmt.Errorf("no demo: interception does not work here (%w); %s", why, seeDoctor))
	}
	show.head(fmt.Sprintf("%d swaps of a small server on %s under load,", d.Swaps, Addr(d.Port)))
	show.head("then as many plain restarts: SIGTERM, wait for the end, start anew")

	hot, err := d.column(ctx, show, "hotswap", hotswap)
	if err != nil {
		return Interrupted(d.Err, err)
	}
	old, err := newPlainRestart(d.Port)
	if err != nil {
		return 0, err
	}
	plain, err := d.column(ctx, show, "plain restarts", old)
	if err != nil {
		return Interrupted(d.Err, err)
	}
	out := Result{Hotswap: newColumn(hot), Plain: newColumn(plain)}
	if d.JSON {
		err = out.writeJSON(d.Out)
	} else {
		err = out.writeTable(d.Out)
	}
	if out.Hotswap.Failed > 0 {
		return exit.CodeFailed, err
	}
	return exit.OK, err
}

func (d Demo) column(ctx context.Context, show *progress, name string, b backend) (trialResult, error) {
	t := trial{backend: b, port: d.Port, kinds: kinds(), webSockets: 3, swaps: d.Swaps, pace: pace}
	t.progress = func(swaps int, s load.Snapshot) {
		show.step(name, swaps, d.Swaps, s.Requests, s.Failed())
	}
	r, err := t.run(ctx)
	show.end()
	return r, err
}

// Interrupted returns the exit code of Ctrl-C, or err if that is something else.
func Interrupted(w io.Writer, err error) (int, error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "hotswap: interrupted; everything has been ended")
		return exit.CodeSignal + int(syscall.SIGINT), nil
	}
	return 0, err
}
