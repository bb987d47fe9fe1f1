//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A stream that may not be ended, because its client has not asked as EventSource does, keeps
// its old process until the drain timeout, and the status and a line say so. Ctrl-C does not wait for it.
func TestOpenStreamHoldsItsGeneration(t *testing.T) {
	t.Parallel()
	p := endsPrograms[0]
	dir, port := p.project(t), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch", "--probation", "0", "--drain-timeout", "1h"},
		command: p.argv(p.command, port),
	})
	h.Serving(1)
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, "GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
	r := bufio.NewReader(c)
	next := func() {
		t.Helper()
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(line, "data:") {
				return
			}
		}
	}
	next()
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	h.Wait("what holds it", func(l line) bool {
		return l.Event == "draining" && l.Gen == 1 && strings.Contains(l.Message, "an open stream holds it")
	})
	next()
	if out := h.does("status"); !strings.Contains(out, "an open stream holds it") {
		t.Errorf("status says %s", out)
	}
	h.signal(syscall.SIGINT)
	h.drains(1)
}
