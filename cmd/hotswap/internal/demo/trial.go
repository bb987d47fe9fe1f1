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

// backend runs the demo's server and replaces its process. One goroutine uses it.
type backend interface {
	// Begin starts the server and returns when it serves.
	Begin(context.Context) (version int, err error)
	// Replace puts a fresh process in the server's place and returns when that serves.
	Replace(context.Context) (version int, err error)
	// Settle waits until every replaced process is gone.
	Settle(context.Context) error
	// End ends everything; at once if the context has ended.
	End(context.Context)
	// times may be called after End.
	times() times
}

// times are what each replacement took.
type times struct {
	cutover []time.Duration // of the system calls; none for a plain restart
	boot    []time.Duration // from the start of the process until it served
	drain   []time.Duration // from the moment it was replaced, or told to stop, until it was gone
}

// trial is one backend under load.
type trial struct {
	backend    backend
	port       int
	kinds      []load.Kind
	webSockets int // clients on /ws
	swaps      int
	pace       time.Duration                    // from one replacement to the next
	progress   func(swaps int, c load.Snapshot) // called every 100 ms; may be nil
}

type trialResult struct {
	load       load.Snapshot
	webSockets load.DuplexStats
	swaps      int
	times      times
}

// answerTimeout is how long a fresh process may take until its first answer.
const answerTimeout = 15 * time.Second

// TrySwap makes one swap under a handful of requests. It returns what the clients saw, and
// how long the system calls of the cutover took.
func TrySwap(ctx context.Context) (load.Snapshot, time.Duration, error) {
	port, err := FreePort()
	if err != nil {
		return load.Snapshot{}, 0, err
	}
	b, err := NewHotswap(Options(), nil, port)
	if err != nil {
		return load.Snapshot{}, 0, err
	}
	r, err := trial{
		backend: b, port: port, swaps: 1, pace: 100 * time.Millisecond,
		kinds: []load.Kind{load.FreshGET(2), load.KeepAlivePOST(2), load.SlowFresh(1, 100*time.Millisecond)},
	}.run(ctx)
	if err != nil {
		return r.load, 0, err
	}
	return r.load, r.times.cutover[0], nil
}

// run makes the replacements and returns when everything has ended.
func (t trial) run(ctx context.Context) (r trialResult, err error) {
	version, err := t.backend.Begin(ctx)
	defer func() {
		t.backend.End(ctx)
		r.times = t.backend.times()
	}()
	if err != nil {
		return r, err
	}
	client := load.New(load.Config{
		Targets: []string{Addr(t.port)}, Kinds: t.kinds, Checks: load.ExampleChecks(),
	})
	loading, stop := context.WithCancel(ctx)
	go client.Run(loading)
	defer func() {
		stop()
		r.load = client.Wait()
	}()
	if t.webSockets > 0 {
		sockets := load.NewDuplex(load.DuplexConfig{
			URL: "ws://" + Addr(t.port) + "/ws", Clients: t.webSockets, SendEvery: 20 * time.Millisecond,
		})
		go sockets.Run(loading)
		defer func() {
			stop()
			r.webSockets = sockets.Wait()
		}()
	}
	var swaps atomic.Int64
	defer t.report(client, &swaps)()

	if err := answered(ctx, client, version); err != nil {
		return r, err
	}
	tick := time.NewTicker(t.pace)
	defer tick.Stop()
	for r.swaps < t.swaps {
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-tick.C:
		}
		if version, err = t.backend.Replace(ctx); err != nil {
			return r, err
		}
		if err := answered(ctx, client, version); err != nil {
			return r, err
		}
		r.swaps++
		swaps.Store(int64(r.swaps))
	}
	return r, t.backend.Settle(ctx)
}

// answered waits for the first answer of a version.
func answered(ctx context.Context, c *load.Client, version int) error {
	limited, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	name := strconv.Itoa(version)
	err := c.Await(limited, func(s load.Snapshot) bool { return s.Version(name).Answers > 0 })
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("process %d of the demo's server gives no answer: %w", version, err)
	}
	return err
}

// report reports progress until the returned function is called.
func (t trial) report(c *load.Client, swaps *atomic.Int64) (stop func()) {
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

// FreePort finds a port on which no process listens, below those that the kernel gives to
// connecting clients (ip_local_port_range, by default from 32768). While a plain restart
// leaves the port closed, a client could otherwise be given the very port that it dials and
// connect to itself (a simultaneous open, RFC 9293, section 3.5), and the server would find
// the port in use.
//
// FreePort dials. Listening would be more certain, but below another hotswap each port that
// was tried would become an endpoint.
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
