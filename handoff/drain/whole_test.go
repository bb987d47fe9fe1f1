//go:build linux

package drain

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Slow requests in the tick of the answer before them: never cut.
func TestSlowAfterFastIsNotCut(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	fast := []string{"/fast", "/fast", "/fast", "/slow/700"}
	var ks []client
	ks = append(ks, many(8, client{paths: fast})...)
	ks = append(ks, many(4, client{paths: fast, post: true})...)
	ks = append(ks, many(4, client{paths: []string{"/slow/60", "/slow/60", "/slow/700"}})...)
	d := underLoad(t, p, p.moving(), 30*time.Second, 40, ks...)
	if d.cut != 0 || d.broken.Load() != 0 || d.err != nil || d.moved.Load()+d.raced.Load() != 16 {
		t.Errorf("%v; cut %d; %+v, %v", &d.tally, d.cut, d.Report, d.err)
	}
}

// The same seen by Run's return only: when it says that nothing is busy,
// nothing is. The requests are in flight before the first look.
func TestSlowBeforeTheFirstLookIsSeen(t *testing.T) {
	t.Parallel()
	for _, can := range []bool{true, false} {
		p := startProgram(t)
		var done sync.WaitGroup
		var clients []*net.TCPConn
		const n = 24
		for i := range n {
			c := dial(t, p.addr)
			done.Go(func() {
				r := bufio.NewReader(c)
				k := client{post: i%3 == 0}
				for range 5 {
					if _, _, err := k.request(c, r, "/fast"); err != nil {
						t.Error(err)
					}
				}
				if err := k.ask(c, "/slow/700"); err != nil {
					t.Error(err)
				}
			})
			clients = append(clients, c)
		}
		done.Wait()
		until(t, func() bool { return p.count() == 6*n })
		cfg := p.config()
		cfg.CanGetFD = can
		end := run(t, cfg, 20*time.Second)
		r, err := end()
		left := 0 // the kernel knows which answers have come; the program counts its answers a moment later
		for _, c := range clients {
			if unreadBytes(t, c) == 0 {
				left++
			}
		}
		if err != nil || r.Busy != 0 || left > 0 {
			t.Errorf("pidfd_getfd %v: %+v, %v while the program answers %d", can, r, err, left)
		}
	}
}

func TestStreamIsNotCut(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	c := dial(t, p.addr)
	over := make(chan error, 1)
	go func() { over <- get(c, "/stream/60") }()
	until(t, func() bool { return p.count() == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	streams := 0
	r, err := untilIdle(ctx, p.config(), func(r Report) { streams = max(streams, r.Streams) })
	if err != nil || r.Closed > 1 || r.Streams > 0 || streams != 1 {
		t.Errorf("%+v, %v; %d streams", r, err, streams)
	}
	if err := <-over; err != nil {
		t.Errorf("the stream: %v", err)
	}
}

// A stream is ended that nobody waits for, and its program hears of that.
func TestStreamIsEnded(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	c := dial(t, p.addr)
	over := make(chan error, 1)
	go func() { over <- get(c, "/stream/500") }()
	until(t, func() bool { return p.count() == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var leave atomic.Bool
	cfg := p.config()
	cfg.End, cfg.EndStreams = true, leave.Load
	var last Report
	_ = New(cfg).Run(ctx, func(r Report) {
		leave.Store(leave.Load() || r.Streams == 1)
		if last = r; r.Closed == 1 {
			cancel()
		}
	})
	if last.Closed != 1 || !leave.Load() {
		t.Errorf("%+v", last)
	}
	if err := <-over; err == nil {
		t.Error("the stream came to its own end")
	}
}

func TestLargeDownloadIsNotCut(t *testing.T) {
	p := startProgram(t)
	d := underLoad(t, p, p.moving(), 30*time.Second, 8, many(4, client{paths: []string{"/big/2"}})...)
	if d.cut != 0 || d.broken.Load() != 0 || d.err != nil {
		t.Errorf("%v; cut %d; %+v, %v", &d.tally, d.cut, d.Report, d.err)
	}
	// A client that takes nothing for a while.
	c := dial(t, p.addr)
	testkit.Must(fmt.Fprintf(c, "GET /big/16 HTTP/1.1\r\nHost: %s\r\n\r\n", c.RemoteAddr()))(t)
	r := bufio.NewReader(c)
	until(t, func() bool { return unreadBytes(t, c) > 16<<10 }) // the head alone would be an answer like any other
	end := run(t, p.config(), 300*time.Millisecond)
	if got, err := end(); got.Busy != 1 || err == nil {
		t.Errorf("stalled: %+v, %v; want it busy to the end", got, err)
	}
	a := testkit.Must(http.ReadResponse(r, nil))(t)
	if n, err := io.Copy(io.Discard, a.Body); n != 16<<20 || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
}
