package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	hotswap "github.com/hotswap-dev/hotswap/clients/go"
)

// version is in each message, so that a client sees which process has sent it.
var version = hotswap.Generation()

// every is the time between two events. They are numbered by the clock, which all processes share.
const every = 50 * time.Millisecond

// feed echoes what clients say, and sends them events.
type feed struct {
	running sync.WaitGroup // the handlers

	mu      sync.Mutex // guards what follows
	clients map[*websocket.Conn]bool
	closed  bool
}

func newFeed() *feed { return &feed{clients: map[*websocket.Conn]bool{}} }

func (f *feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	if !f.add(c) {
		restart(c)
		return
	}
	defer f.remove(c)
	// the request's context ends when its connection is taken over
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if r.URL.Query().Get("events") != "none" {
		go events(ctx, c)
	}
	for {
		kind, text, err := c.Read(ctx)
		if err != nil {
			return
		}
		if err := c.Write(ctx, kind, fmt.Appendf(nil, `{"echo":%q,"version":%d}`, text, version)); err != nil {
			return
		}
	}
}

func events(ctx context.Context, c *websocket.Conn) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := number(); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for ; last < number(); last++ {
			if err := c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"event":%d,"version":%d}`, last+1,
				version)); err != nil {
				return
			}
		}
	}
}

func number() int64 { return time.Now().UnixMilli() / every.Milliseconds() }

func (f *feed) add(c *websocket.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.clients[c] = true
	f.running.Add(1)
	return true
}

func (f *feed) remove(c *websocket.Conn) {
	_ = c.CloseNow()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.clients, c)
	f.running.Done()
}

// close tells all clients to come back, and returns when they have answered or ctx has ended.
func (f *feed) close(ctx context.Context) {
	f.mu.Lock()
	f.closed = true
	for c := range f.clients {
		go restart(c)
	}
	f.mu.Unlock()
	done := make(chan struct{})
	go func() { f.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// restart tells a client to come back: another process is there for it (RFC 6455, section 7.4.1; 1012 is in
// IANA's registry).
func restart(c *websocket.Conn) { _ = c.Close(websocket.StatusServiceRestart, "the server restarts") }
