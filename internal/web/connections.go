package web

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
)

type connKey struct{}

// LimitConnections limits the connections of a server, whose handler it wraps, and whose ConnContext and ConnState it sets.
// When one more comes, the connection closes that has had no request in a handler for the longest time, so that silent
// clients keep nobody out.
func LimitConnections(s *http.Server, most int) {
	var (
		mu      sync.Mutex // guards what follows
		running int        // handlers
		silent  []net.Conn // no handler runs for these; the one that has been silent for the longest time comes first
	)
	remove := func(conn net.Conn) { silent = slices.DeleteFunc(silent, func(c net.Conn) bool { return c == conn }) }
	locked := func(do func()) { mu.Lock(); defer mu.Unlock(); do() }
	handle := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := r.Context().Value(connKey{}).(net.Conn) // which has one request at a time (HTTP/1)
		locked(func() { remove(conn); running++ })
		defer locked(func() { silent = append(silent, conn); running-- })
		handle.ServeHTTP(w, r)
	})
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		locked(func() {
			if silent = append(silent, conn); running+len(silent) > most {
				_ = silent[0].Close()
				silent = silent[1:]
			}
		})
		return context.WithValue(ctx, connKey{}, conn)
	}
	s.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			locked(func() { remove(conn) })
		}
	}
}
