//go:build linux

package drain

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"
)

// drained is the outcome of a drain under load.
type drained struct {
	tally
	Report
	err  error
	took time.Duration
	cut  int // requests the program read whose answer never came
}

// underLoad lets clients work on a program, drains it after warm, stops the
// clients that are left when Run returns, and counts.
func underLoad(t testing.TB, p *program, cfg Config, limit time.Duration, warm int64, clients ...client) *drained {
	t.Helper()
	var out drained
	before := p.count()
	stop := make(chan struct{})
	var done sync.WaitGroup
	for _, k := range clients {
		conn := dial(t, p.addr)
		done.Go(func() { k.run(conn, &out.tally, stop) })
	}
	until(t, func() bool { return out.answered.Load() >= warm })
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	began := time.Now()
	out.Report, out.err = untilIdle(ctx, cfg, nil)
	out.took = time.Since(began)
	// Those whose connection was ended by us find that out by themselves.
	for end := time.Now().Add(20 * time.Second); out.over() < out.Closed+out.Moved && time.Now().Before(end); {
		time.Sleep(200 * time.Microsecond)
	}
	close(stop)
	done.Wait()
	out.cut = p.count() - before - int(out.answered.Load())
	return &out
}

// limited is a context that outlasts what a test waits for, and ends with the test.
func limited(t testing.TB) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx, cancel
}

// observed runs a drain in the background until end is called. The channel has its reports, and is closed behind the
// last one.
func observed(t *testing.T, cfg Config) (d *Drain, reports chan Report, end func()) {
	t.Helper()
	ctx, cancel := limited(t)
	d, reports = New(cfg), make(chan Report, 1000)
	go func() {
		defer close(reports)
		_ = d.Run(ctx, func(r Report) { reports <- r })
	}()
	return d, reports, cancel
}

// awaited returns the first report that is as wanted.
func awaited(t *testing.T, reports <-chan Report, wanted func(Report) bool) (r Report) {
	t.Helper()
	for r = range reports {
		if wanted(r) {
			return r
		}
	}
	t.Fatalf("the drain has ended: %+v", r)
	return r
}

func idle(r Report) bool  { return r.Idle }
func moved(r Report) bool { return r.Moved == 1 }

// until waits for a fact.
func until(t testing.TB, fact func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !fact(); {
		if time.Now().After(end) {
			t.Fatal("waited 20 s for a fact that did not come about")
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func many(n int, k client) (ks []client) {
	for range n {
		ks = append(ks, k)
	}
	return ks
}

// Clients of every pace are moved, all at their next request or the one after: no answer is cut, and no request
// meets the end of its connection.
func TestClientsInUseAreMoved(t *testing.T) {
	p := startProgram(t)
	for _, c := range []struct {
		name string
		k    client
	}{
		{"10 ms", client{paths: []string{"/fast"}, think: 10 * time.Millisecond}},
		{"none", client{paths: []string{"/fast"}}},
		{"none, two writes both ways", client{paths: []string{"/two/300"}, post: true}},
		{"none, stream", client{paths: []string{"/stream/20"}}},
		{"none, blind", client{paths: []string{"/fast"}, blind: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := underLoad(t, p, p.moving(), 20*time.Second, 100, many(8, c.k)...)
			// The connections of the relay lead to the same program here, so they may move, too.
			if d.cut != 0 || d.over() != 8 || d.moved.Load() != 8 || d.err != nil || d.Moved < 8 {
				t.Errorf("%v; cut %d; %+v, %v after %v; want 8 moved", &d.tally, d.cut, d.Report, d.err, d.took)
			}
		})
	}
}

// A look that others interrupt is as cheap as before, and the next one is not put off.
func TestWaitingIsNoCost(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := used()
	time.Sleep(50 * time.Millisecond)
	if cost := used() - before; cost > 25*time.Millisecond {
		t.Errorf("a sleep of 50 ms costs %v", cost)
	}
	for used()-before < time.Millisecond { // work costs
	}
}
