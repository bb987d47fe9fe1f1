//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
)

// slowServer, "slow-http ADDR FILE", listens at once but answers 503 until
// there is a file WORD.warm, WORD being the last one of FILE's text, with which
// it answers then. It says when it listens, and READY=1 when it is warm.
func slowServer() {
	b, err := os.ReadFile(os.Args[2])
	if err != nil {
		os.Exit(1)
	}
	words := strings.Fields(string(b))
	mark := words[len(words)-1] + ".warm"
	there := func() bool { _, err := os.Stat(mark); return err == nil }
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !there() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write(b)
	})
	l, err := net.Listen("tcp4", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "%s listens, NOTIFY_SOCKET is %q\n", words[len(words)-1], os.Getenv(readiness.NotifySocket))
	go func() { fmt.Fprintln(os.Stderr, http.Serve(l, handler)) }()
	say := func(text string) {
		if conn, err := net.Dial("unixgram", os.Getenv(readiness.NotifySocket)); err == nil {
			_, _ = conn.Write([]byte(text))
			conn.Close()
		}
	}
	for !there() {
		time.Sleep(time.Millisecond)
	}
	say("READY=1")
	time.Sleep(time.Hour) // without cgo, select {} is a deadlock
}

// hammering is a load of fresh GETs, none of which may fail.
type hammering struct {
	stop     chan struct{}
	done     sync.WaitGroup
	answered atomic.Int64
	failed   atomic.Pointer[string]
}

var hammers sync.Map // *testscript.TestScript → *hammering

// hammer URL: gets it, again and again, until hammered.
func hammer(ts *testscript.TestScript, _ bool, args []string) {
	h := &hammering{stop: make(chan struct{})}
	hammers.Store(ts, h)
	c, url := reach(ts, args[0])
	for range 4 {
		h.done.Go(func() {
			for {
				select {
				case <-h.stop:
					return
				default:
				}
				res, err := c.Get(url)
				if err == nil {
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
					if res.StatusCode != http.StatusOK {
						err = fmt.Errorf("status %d", res.StatusCode)
					}
				}
				if err != nil {
					text := err.Error()
					h.failed.Store(&text)
					return
				}
				h.answered.Add(1)
			}
		})
	}
	ts.Defer(func() { hammered(ts, true, nil) })
}

// hammered: ends the load and demands that every answer was a 200.
func hammered(ts *testscript.TestScript, neg bool, _ []string) {
	v, ok := hammers.LoadAndDelete(ts)
	if !ok {
		return
	}
	h := v.(*hammering)
	close(h.stop)
	h.done.Wait()
	if why := h.failed.Load(); why != nil && !neg {
		ts.Fatalf("after %d answers: %s", h.answered.Load(), *why)
	}
	ts.Logf("%d answers", h.answered.Load())
}
