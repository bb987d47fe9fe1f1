//go:build linux

package drain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// untilIdle observes until nothing is busy, and returns the last report, which each may see as well.
func untilIdle(ctx context.Context, cfg Config, each func(Report)) (last Report, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err = New(cfg).Run(ctx, func(r Report) {
		if last = r; each != nil {
			each(r)
		}
		if r.Idle {
			cancel()
		}
	})
	if last.Idle {
		err = nil
	}
	return last, err
}

// run observes in the background until nothing is busy. The limit counts from the first look, which a busy machine may delay by more
// than a short limit.
func run(t *testing.T, cfg Config, limit time.Duration) (end func() (Report, error)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var r Report
	var err error
	over := make(chan struct{})
	go func() {
		defer close(over)
		var looked sync.Once
		r, err = untilIdle(ctx, cfg, func(Report) { looked.Do(func() { time.AfterFunc(limit, cancel) }) })
	}()
	t.Cleanup(func() { cancel(); <-over })
	return func() (Report, error) { <-over; cancel(); return r, err }
}

// get makes one request on a connection and returns how its answer ended.
func get(c net.Conn, path string) error {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, c.RemoteAddr()); err != nil {
		return err
	}
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, a.Body)
	return err
}

// unreadBytes returns how much of what has come to a client is not read.
func unreadBytes(t *testing.T, c *net.TCPConn) (n int) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.SIOCINQ) })
	}
	testkit.NoError(t, err)
	return n
}

func TestNothingToDrainIsFoundAtOnce(t *testing.T) {
	p := startProgram(t)
	for _, can := range []bool{true, false} {
		best := time.Hour
		for range 5 {
			cfg := p.config()
			cfg.CanGetFD = can
			began := time.Now()
			r, err := untilIdle(t.Context(), cfg, nil)
			if err != nil || r != (Report{Idle: true, Settled: true}) {
				t.Fatalf("%+v, %v", r, err)
			}
			best = min(best, time.Since(began))
		}
		t.Logf("pidfd_getfd %v: %v", can, best)
		if best > 300*time.Millisecond {
			t.Errorf("the quickest of 5 took %v", best)
		}
	}
}

func TestNoProcessLeft(t *testing.T) {
	cfg := Config{CanGetFD: true, Tree: func() []int { return nil }, Waiting: func() int { return 3 }}
	if r, err := untilIdle(t.Context(), cfg, nil); err != nil || !r.Idle || !r.Settled {
		t.Errorf("%+v, %v; want an end at once", r, err)
	}
	cfg.Waiting = nil
	cfg.Tree = func() []int { return []int{1 << 29} } // a process that vanished
	if r, err := untilIdle(t.Context(), cfg, nil); err != nil || !r.Idle {
		t.Errorf("%+v, %v; want no error for a process that vanished", r, err)
	}
}

func TestWaitingKeepsRunning(t *testing.T) {
	p := startProgram(t)
	cfg := p.config()
	asked := 0
	cfg.Waiting = func() int { asked++; return max(0, 10-asked) }
	r, err := untilIdle(t.Context(), cfg, nil)
	if err != nil || asked < 12 {
		t.Errorf("%+v, %v after %d looks; want an end only three looks after the queue was empty", r, err, asked)
	}
}

func TestContextEndsRun(t *testing.T) {
	p := startProgram(t)
	c := dial(t, p.addr)
	go func() { _ = get(c, "/slow/60000") }()
	until(t, func() bool { return p.count() == 1 })
	end := run(t, p.config(), 30*time.Millisecond)
	if r, err := end(); !errors.Is(err, context.Canceled) || r.Busy != 1 {
		t.Errorf("%+v, %v; want one busy and the context's end", r, err)
	}
}

// Parked connections, before and after their first request, stay open, and do
// not keep Run.
func TestParkedIsLeftAlone(t *testing.T) {
	p := startProgram(t)
	c := dial(t, p.addr)
	testkit.NoError(t, get(c, "/fast"))
	end := run(t, p.config(), 10*time.Second)
	r, err := end()
	if err != nil || r.Connections-r.Busy != 1 || r.Closed != 0 {
		t.Fatalf("%+v, %v; want one quiet", r, err)
	}
	if err := get(c, "/fast"); err != nil {
		t.Errorf("the parked connection: %v", err)
	}
}

// A connection accepted just before whose request is on the way is waited for.
func TestFreshIsWaitedFor(t *testing.T) {
	p := startProgram(t)
	c := dial(t, p.addr)
	until(t, func() bool { return p.ask("conns") != "0" })
	_, reports, _ := observed(t, p.config())
	if r := <-reports; r.Busy != 1 {
		t.Fatalf("%+v; want the fresh connection busy", r)
	}
	if err := get(c, "/bye"); err != nil {
		t.Error(err)
	}
	awaited(t, reports, idle)
}

// The program closes; the client sees it promptly though we look all the time.
func TestFINIsNotWithheld(t *testing.T) {
	p := startProgram(t)
	busy := dial(t, p.addr) // keeps Run going
	go func() { _ = get(busy, "/slow/60000") }()
	until(t, func() bool { return p.count() == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- New(p.config()).Run(ctx, nil) }()
	var took []time.Duration
	for range 20 {
		c := dial(t, p.addr)
		testkit.NoError(t, get(c, "/bye"))
		began := time.Now()
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Fatalf("read: %v, want EOF", err)
		}
		took = append(took, time.Since(began))
	}
	cancel()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Errorf("the drain did not look all the time: %v", err)
	}
	slices.Sort(took)
	if usual := took[len(took)/2]; usual > 200*time.Millisecond { // one may take longer on a busy machine
		t.Errorf("the end usually took %v to arrive: %v", usual, took)
	}
}

// An idle connection whose program was told to stop is moved when it is used again.
func TestIdleGoesOn(t *testing.T) {
	p := startProgram(t)
	c := dial(t, p.addr)
	testkit.NoError(t, get(c, "/fast"))
	_, reports, _ := observed(t, p.moving())
	awaited(t, reports, idle)
	var out tally
	client{paths: []string{"/fast"}, think: 2 * time.Millisecond}.run(c, &out, nil)
	awaited(t, reports, moved)
	if out.over() != 1 || out.moved.Load() != 1 {
		t.Errorf("%v; want the idle connection moved once it was used again", &out)
	}
}

// The first request on a connection goes to the new generation as well: the program has read nothing of it.
func TestFirstRequestIsMoved(t *testing.T) {
	var r Report
	var out *tally
	for range 5 { // the program's own first read may come later than the hold, and get the request
		p := startProgram(t)
		c := dial(t, p.addr)
		until(t, func() bool { return p.ask("conns") != "0" })
		_, reports, end := observed(t, p.moving())
		awaited(t, reports, func(r Report) bool { return r.Settled })
		out = new(tally)
		client{paths: []string{"/fast"}, think: 2 * time.Millisecond}.run(c, out, nil)
		r = awaited(t, reports, moved)
		if end(); out.moved.Load() == 1 && out.answered.Load() == 1 {
			return
		}
	}
	t.Errorf("%+v, %v; want the first request moved", r, out)
}

// Input wakes the program again when Run ends early.
func TestNothingStaysHeld(t *testing.T) {
	p := startProgram(t)
	c := dial(t, p.addr)
	testkit.NoError(t, get(c, "/fast"))
	_, reports, end := observed(t, p.moving())
	awaited(t, reports, idle)
	end()
	for range reports {
	}
	before := p.count()
	if err := get(c, "/fast"); err != nil || p.count() != before+1 {
		t.Errorf("%v; want the program to answer", err)
	}
}
