package web

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

type connKey struct{}

// Limit limits what clients of a server can have: the time to send a request, the size of its head, and connections. It
// wraps the server's handler, and sets its ConnContext and ConnState. When one connection too many comes, one closes
// that has no request in a handler: of the owner who has the most of these, the one that has been silent for the
// longest time. So silent clients keep nobody out. An eighth of the connections waits until others have been handled. A
// request whose connection was closed so is not handled: its client may repeat it.
func Limit(s *http.Server, toSend time.Duration, most int, owner func(net.Conn) int) {
	// ignores broken requests
	s.ReadTimeout, s.MaxHeaderBytes, s.ErrorLog = toSend, maxHeader, log.New(io.Discard, "", 0)
	var (
		mu     sync.Mutex // guards what follows
		busy   int        // connections whose handler runs
		silent []client   // the others; the one that has been silent for the longest time comes first
	)
	places := make(chan struct{}, most-most/8)
	locked := func(do func()) { mu.Lock(); defer mu.Unlock(); do() }
	remove := func(conn net.Conn) bool {
		was := len(silent)
		silent = slices.DeleteFunc(silent, func(c client) bool { return c.conn == conn })
		return len(silent) < was
	}
	handle := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		case <-r.Context().Done():
			return
		}
		own, open := r.Context().Value(connKey{}).(client), false // which has one request at a time (HTTP/1)
		locked(func() {
			open = remove(own.conn)
			if open {
				busy++
			}
		})
		if !open {
			return
		}
		defer locked(func() { silent = append(silent, own); busy-- })
		handle.ServeHTTP(w, r)
	})
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		own := client{conn, owner(conn)}
		locked(func() {
			silent = append(silent, own)
			if busy+len(silent) > most {
				conn := longest(silent)
				conn.Close()
				remove(conn)
			}
		})
		return context.WithValue(ctx, connKey{}, own)
	}
	s.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			locked(func() { remove(conn) })
		}
	}
}

type client struct {
	conn  net.Conn
	owner int
}

// longest returns the first connection of the owner that has the most.
func longest(silent []client) net.Conn {
	count := map[int]int{}
	for _, c := range silent {
		count[c.owner]++
	}
	return slices.MaxFunc(silent, func(a, b client) int { return count[a.owner] - count[b.owner] }).conn
}
