package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// backend is a way to run the demo's server and to put a fresh process in its
// place. One goroutine uses it.
type backend interface {
	// begin starts the server and returns when it serves.
	Begin(context.Context) (version int, err error)
	// replace puts a fresh one in its place and returns when that serves.
	Replace(context.Context) (version int, err error)
	// settle waits until what was replaced is gone.
	Settle(context.Context) error
	// end ends everything; at once if the context has ended.
	End(context.Context)
	// times are told after end.
	times() times
}

// times are what replacing took, a value for each replacement.
type times struct {
	Cutover []time.Duration // of the system calls; none for a plain restart
	boot    []time.Duration // from the start of the process until it served
	drain   []time.Duration // from being replaced, or told to stop, until it was gone
}

// trial is one backend under load.
type Trial struct {
	Backend    backend
	Port       int
	Kinds      []load.Kind
	WebSockets int // clients on /ws
	Swaps      int
	Pace       time.Duration                    // from one replacement to the next
	progress   func(swaps int, c load.Snapshot) // called now and again, and after each replacement; may be nil
}

// trialResult is what was seen.
type trialResult struct {
	Load       load.Snapshot
	WebSockets load.DuplexStats
	swaps      int
	Times      times
}

// answerPatience is how long a fresh process may take to its first answer.
const answerPatience = 15 * time.Second

// run makes the replacements and returns when everything has ended.
func (t Trial) Run(ctx context.Context) (r trialResult, err error) {
	version, err := t.Backend.Begin(ctx)
	defer func() {
		t.Backend.End(ctx)
		r.Times = t.Backend.times()
	}()
	if err != nil {
		return r, err
	}
	client := load.New(load.Config{
		Targets: []string{Addr(t.Port)}, Kinds: t.Kinds, Checks: load.ExampleChecks(), Finish: 5 * time.Second,
	})
	loading, stop := context.WithCancel(ctx)
	go client.Run(loading)
	defer func() {
		stop()
		r.Load = client.Wait()
	}()
	if t.WebSockets > 0 {
		sockets := load.NewDuplex(load.DuplexConfig{
			URL: "ws://" + Addr(t.Port) + "/ws", Clients: t.WebSockets, SendEvery: 20 * time.Millisecond, Timeout: 5 * time.Second,
		})
		go sockets.Run(loading)
		defer func() {
			stop()
			r.WebSockets = sockets.Wait()
		}()
	}
	var swaps atomic.Int64
	defer t.report(client, &swaps)()

	if err := answered(ctx, client, version); err != nil {
		return r, err
	}
	tick := time.NewTicker(t.Pace)
	defer tick.Stop()
	for r.swaps < t.Swaps {
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-tick.C:
		}
		if version, err = t.Backend.Replace(ctx); err != nil {
			return r, err
		}
		if err := answered(ctx, client, version); err != nil {
			return r, err
		}
		r.swaps++
		swaps.Store(int64(r.swaps))
	}
	return r, t.Backend.Settle(ctx)
}

// answered waits for the version's first answer.
func answered(ctx context.Context, c *load.Client, version int) error {
	limited, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	name := strconv.Itoa(version)
	err := c.Await(limited, func(s load.Snapshot) bool { return s.Version(name).Answers > 0 })
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("process %d of the demo's server gives no answer: %w", version, err)
	}
	return err
}

// report tells of the progress until the function it returns is called.
func (t Trial) report(c *load.Client, swaps *atomic.Int64) (stop func()) {
	if t.progress == nil {
		return func() {}
	}
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			t.progress(int(swaps.Load()), c.Snapshot())
			select {
			case <-over:
				t.progress(int(swaps.Load()), c.Snapshot())
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		close(over)
		<-done
	}
}

// freePort finds a port that nobody listens on, below those that the kernel
// gives to connecting clients (ip_local_port_range, by default from 32768):
// while a plain restart leaves the port closed, a client could else be given
// the very port that it dials and talk to itself (a simultaneous open, RFC
// 9293, section 3.5), and the server would find it taken.
//
// It dials. Listening would be surer, but below another hotswap it would make
// an endpoint of every port that was tried.
func FreePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		conn, err := net.DialTimeout("tcp4", Addr(port), time.Second)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return port, nil
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	return 0, errors.New("no free port between 20000 and 32000")
}
