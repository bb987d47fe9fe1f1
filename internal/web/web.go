// Package web has hotswap's own HTTP servers ([Addresses]; admin, live and livereload add handlers), and what the
// control socket shares with them.
//
// # Limits
//
// A client has 5 s to send its request and 5 s to take the answer. At most 128 connections are open at an address;
// further ones wait.
//
// # Upgrade
//
// A child gets the listening sockets, and accepts as soon as its generation serves. Then the parent accepts no more.
// Until then the kernel's queue is the same for both, so no client is refused.
package web

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// OwnHost reports whether a host, with or without a port, is this machine and nobody else can say so: localhost, a name
// below it or below test (RFC 6761), or a loopback address.
func OwnHost(host string) bool {
	at := url.URL{Host: host}
	name := strings.ToLower(strings.TrimSuffix(at.Hostname(), "."))
	ip, _ := netip.ParseAddr(name) // invalid: no address
	return strings.HasSuffix("."+name, ".localhost") || strings.HasSuffix("."+name, ".test") || ip.Unmap().IsLoopback()
}

// Limited returns a handler that handles at most n requests at the same time, and has others refused.
func Limited(n int, refuse, handle http.HandlerFunc) http.HandlerFunc {
	places := make(chan struct{}, n)
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			handle(w, r)
		default:
			refuse(w, r)
		}
	}
}

// Busy refuses a request, and says why.
func Busy(why string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, why, http.StatusServiceUnavailable) }
}

// Send writes and flushes. It reports whether the client has taken that within the time.
func Send(w http.ResponseWriter, b []byte, within time.Duration) bool {
	response := http.NewResponseController(w)
	_ = response.SetWriteDeadline(time.Now().Add(within))
	_, err := w.Write(b)
	return errors.Join(err, response.Flush()) == nil
}
