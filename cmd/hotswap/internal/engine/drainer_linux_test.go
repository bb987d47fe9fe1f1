package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// testAdapter plays the adapter of this process, which is a generation's.
type testAdapter struct {
	t      *testing.T
	drain  func(held, steered bool) run.Drain
	conn   net.Conn
	orders *bufio.Scanner
}

func newTestAdapter(t *testing.T, watching bool) *testAdapter {
	t.Helper()
	t.Setenv("TMPDIR", shortDir(t))
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	adapters, err := node.New(scratch.New())
	if err != nil {
		t.Fatal(err)
	}
	l := &handoff.Launch{Gen: 1}
	session, err := adapters.Prepare(l)
	if err != nil {
		t.Fatal(err)
	}
	tree := func() []int { return []int{os.Getpid()} }
	go func() { _ = session.Run(t.Context(), handoff.Running{Tree: tree}, nil) }()
	path := strings.TrimPrefix(l.Env[len(l.Env)-1], node.Variable+"=")
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(waitBound))
	th := &testAdapter{t: t, conn: conn, orders: bufio.NewScanner(conn)}
	th.drain = func(held, steered bool) run.Drain {
		return drainer(adapters, drainPolicy{watching: watching, registry: reuseport.NewRegistry(nil)})(run.DrainRequest{
			Gen: 1, Tree: tree, Alone: true, Held: held, Steered: steered, Waiting: func() int { return 0 },
		})
	}
	th.send(`{"type":"hello","version":1}`, `{"type":"listening","port":9}`)
	for end := time.Now().Add(waitBound); !adapters.Of(1).Tells(os.Getpid(), 9); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody listens")
		}
	}
	return th
}

func (th *testAdapter) send(lines ...string) {
	th.t.Helper()
	if _, err := th.conn.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		th.t.Fatal(err)
	}
}

// told is the next order, as a line.
func (th *testAdapter) told() (kind, line string) {
	th.t.Helper()
	if !th.orders.Scan() {
		th.t.Fatalf("no order: %v", th.orders.Err())
	}
	var o struct{ Type string }
	if err := json.Unmarshal(th.orders.Bytes(), &o); err != nil {
		th.t.Fatal(err)
	}
	return o.Type, th.orders.Text()
}

// What an adapter says is waited for, and asked again when all else is quiet; the
// stop signal means to wait for the last connection.
func TestAdaptersDrain(t *testing.T) {
	th := newTestAdapter(t, true)
	d := th.drain(false, true)
	reports := make(chan report.DrainReport, 1000)
	ran := make(chan error)
	run := func() { ran <- d.Run(t.Context(), func(r report.DrainReport) { reports <- r }) }
	go run()
	if _, line := th.told(); line != restartOrder {
		t.Fatalf("told %s", line)
	}
	th.send(`{"type":"state","connections":4,"busy":2,"streams":1,"finished":1,"closed":3}`)
	reported := func(want report.DrainReport) {
		for r := range reports {
			if r == want {
				return
			}
		}
	}
	reported(report.DrainReport{Connections: 4, Busy: 2, Streams: 1, Finished: 1, Closed: 3, Settled: true})
	th.send(`{"type":"state","connections":2,"busy":0}`)
	if kind, line := th.told(); kind != "look" {
		t.Fatalf("told %s", line)
	}
	th.send(`{"type":"state","seq":1,"connections":2,"busy":1}`) // somebody came meanwhile
	reported(report.DrainReport{Connections: 2, Busy: 1, Settled: true})
	th.send(`{"type":"state","connections":1,"busy":0}`)
	if kind, line := th.told(); kind != "look" {
		t.Fatalf("told %s", line)
	}
	select {
	case err := <-ran:
		t.Fatalf("it ends without an answer: %v", err)
	default:
	}
	th.send(`{"type":"state","seq":2,"connections":1,"busy":0}`)
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	d.Stopping()
	go run()
	for len(reports) > 0 {
		<-reports
	}
	select {
	case err := <-ran:
		t.Fatalf("a connection is left, and it ends: %v", err)
	case <-time.After(50 * time.Millisecond): // nothing happens: no fact to wait for
	}
	_ = th.conn.Close()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
}

// restartOrder has an adapter end WebSockets and event streams.
const restartOrder = `{"type":"drain","websocket":{"code":1012,"reason":"service restart"}}`

// A held generation ends WebSockets where files are watched, and is told when it serves again.
func TestAdaptersOfAHeldGeneration(t *testing.T) {
	for watching, order := range map[bool]string{true: restartOrder, false: `{"type":"drain"}`} {
		testHeld(t, watching, order)
	}
}

func testHeld(t *testing.T, watching bool, order string) {
	t.Helper()
	th := newTestAdapter(t, watching)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- th.drain(true, true).Run(ctx, func(report.DrainReport) {}) }()
	if _, line := th.told(); line != order {
		t.Fatalf("told %s", line)
	}
	cancel()
	if _, line := th.told(); line != `{"type":"resume"}` {
		t.Fatalf("told %s", line)
	}
	if err := <-ran; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A held generation that has no connection any more is told, too, when it serves again.
func TestAdaptersOfAHeldGenerationWithoutConnections(t *testing.T) {
	th := newTestAdapter(t, true)
	ctx, cancel := context.WithCancel(t.Context())
	d, ran := th.drain(true, true), make(chan error)
	run := func() { ran <- d.Run(ctx, func(report.DrainReport) {}) }
	go run()
	if _, line := th.told(); line != restartOrder {
		t.Fatalf("told %s", line)
	}
	th.send(`{"type":"state","connections":0,"busy":0}`)
	if kind, line := th.told(); kind != "look" {
		t.Fatalf("told %s", line)
	}
	th.send(`{"type":"state","seq":1,"connections":0,"busy":0}`)
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	d.Stopping()
	go run()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, line := th.told(); line != `{"type":"resume"}` {
		t.Fatalf("told %s", line)
	}
}

// At the end of all nobody serves after it.
func TestAdaptersAtTheEnd(t *testing.T) {
	th := newTestAdapter(t, true)
	go func() { _ = th.drain(false, false).Run(t.Context(), func(report.DrainReport) {}) }()
	if _, line := th.told(); !strings.Contains(line, `"code":1001`) {
		t.Fatalf("told %s", line)
	}
}

// waitBound bounds every wait.
const waitBound = 90 * time.Second

// shortDir is a directory whose path is short enough for a unix socket, which that of
// t.TempDir need not be.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
