package proxy

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// page is for people whose browser comes before any version has served. Strangers may read it, so it says nothing of
// the program.
const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Starting</title>
<p>Nothing is served here yet. This page loads again by itself.</p>
`

// refuse answers a client whose first bytes are a browser's request for a page, if no generation has served yet, nor
// does within a second.
func (c *conn) refuse(b []byte) bool {
	if c.of.served.Load() {
		return false
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
	if err != nil || r.Method != http.MethodGet || !navigates(r.Header) {
		return false
	}
	soon, cancel := context.WithTimeout(c.ctx, wait.Person)
	defer cancel()
	for soon.Err() == nil {
		_, changed := c.of.target()
		if c.of.served.Load() {
			return false
		}
		_ = wait.On(soon, changed)
	}
	fmt.Fprintf(c.client, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: %d\r\n"+
		"Cache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\n\r\n%s", len(page), page)
	c.end(false)
	return true
}

// navigates reports whether a browser loads a page. One without Fetch Metadata says so by what it accepts.
func navigates(h http.Header) bool {
	mode := h.Get("Sec-Fetch-Mode")
	return mode == "navigate" || mode == "" && strings.Contains(h.Get("Accept"), "text/html")
}
