package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// kept is a connection that a client keeps.
type kept struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func keep(t *testing.T, port int) *kept {
	t.Helper()
	c, err := net.Dial("tcp4", demoAddr(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return &kept{t, c, bufio.NewReader(c)}
}

func (k *kept) send(text string) {
	k.t.Helper()
	if _, err := io.WriteString(k.conn, text); err != nil {
		k.t.Fatal(err)
	}
}

// answer demands one from that version.
func (k *kept) answer(version int) {
	k.t.Helper()
	if body := k.text(); !strings.Contains(body, fmt.Sprintf(`"version":%d,`, version)) {
		k.t.Fatalf("%s; want version %d", body, version)
	}
}

// text is the body of the next answer.
func (k *kept) text() string {
	k.t.Helper()
	res, err := http.ReadResponse(k.in, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return string(body)
}

// demoSwapped is the demo's server under a supervisor; generation 1 serves.
func demoSwapped(t *testing.T, o options) (*swapped, int) {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	b, err := newSwapped(o, chooseWay, port)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.end(context.Background()) })
	return b, port
}

const ping = "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"

// A generation that drains, with a request in the midst, serves again: new
// connections go to it, the request is answered, and nobody watches its
// connections any more.
func TestRollbackToAGenerationThatDrains(t *testing.T) {
	t.Setenv(beHotswapEnv, "1") // for the children
	b, port := demoSwapped(t, demoOptions())
	busy := keep(t, port)
	busy.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1")
	if _, err := b.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := keep(t, port)
	fresh.send(ping)
	fresh.answer(2)

	r, err := b.machinery.supervisor.Rollback(t.Context())
	if err != nil || r.Outcome != supervisor.OutcomeRolledBack || r.Gen != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if s := b.machinery.supervisor.Current(); s.Generation != 1 || s.RolledBackFrom != 2 {
		t.Errorf("status %+v", s)
	}
	fresh = keep(t, port)
	fresh.send(ping)
	fresh.answer(1)
	if err := b.settle(t.Context()); err != nil { // generation 2 is gone
		t.Fatal(err)
	}
	busy.send("2345")
	busy.answer(1)
	for range 20 {
		busy.send(ping)
		busy.answer(1)
	}
	for range 4 {
		time.Sleep(150 * time.Millisecond) // a watch would end it in such a pause
		busy.send(ping)
		busy.answer(1)
	}
	if r, err := b.machinery.supervisor.Rollback(t.Context()); err != nil || r.Outcome != supervisor.OutcomeNothing {
		t.Errorf("%+v, %v", r, err)
	}
	if version, err := b.replace(t.Context()); err != nil || version != 3 {
		t.Errorf("version %d, %v", version, err)
	}
}

// The key waits for what comes of a renewal.
func TestRollbackDuringARenewal(t *testing.T) {
	t.Setenv(beHotswapEnv, "1") // for the children
	b, port := demoSwapped(t, demoOptions())
	busy := keep(t, port) // so that generation 1 drains
	busy.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1")
	if _, err := b.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	passed := &renewal{idle: make(chan struct{}), passed: make(chan struct{})}
	close(passed.passed)
	newWishes(b.machinery.supervisor, passed, nil, lines{}).rollBack(t.Context())
	if s := b.machinery.supervisor.Current(); s.Generation != 2 {
		t.Errorf("a younger hotswap serves, and this one steers to %d", s.Generation)
	}
	failed := &renewal{idle: make(chan struct{}), passed: make(chan struct{})}
	close(failed.idle)
	newWishes(b.machinery.supervisor, failed, nil, lines{}).rollBack(t.Context())
	if s := b.machinery.supervisor.Current(); s.Generation != 1 {
		t.Errorf("generation %d serves", s.Generation)
	}
}
