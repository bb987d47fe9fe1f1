package place

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// waitBound is how long a test waits for a fact.
const waitBound = time.Minute

// world is a server with generations, of each of which this process is a member.
type world struct {
	testing.TB
	*Server
	tree func() []int

	holding sync.Mutex // guards pids
	pids    []int      // further members of all generations

	env map[handoff.GenID]string
	end map[handoff.GenID]func() // ends a generation, and waits for that
}

func newWorld(t testing.TB, cfg Config) *world {
	t.Helper()
	dir := testkit.ShortDir(t)
	cfg.Folder = scratch.In(dir)
	cfg.Store = store.New(store.Standard)
	w := &world{
		TB: t, Server: New(cfg),
		env: map[handoff.GenID]string{}, end: map[handoff.GenID]func(){},
	}
	w.tree = func() []int {
		w.holding.Lock()
		defer w.holding.Unlock()
		return append(slices.Clone(w.pids), os.Getpid())
	}
	t.Cleanup(func() {
		for _, end := range w.end {
			end()
		}
		cfg.Folder.Close()
	})
	return w
}

// begin returns a server with these generations.
func begin(t testing.TB, gens ...handoff.GenID) *world {
	t.Helper()
	w := newWorld(t, Config{})
	for _, gen := range gens {
		w.start(gen)
	}
	return w
}

// start starts a generation.
func (w *world) start(gen handoff.GenID) {
	w.Helper()
	w.listen(gen)()
}

// listen opens a generation's socket, and returns what serves it.
func (w *world) listen(gen handoff.GenID) (serve func()) {
	w.Helper()
	l := &handoff.Launch{Gen: gen, Env: []string{Variable + "=/of/another"}}
	session, err := w.Prepare(l)
	if err != nil {
		w.Fatal(err)
	}
	if len(l.Env) != 1 {
		w.Fatalf("the environment is %q", l.Env)
	}
	w.env[gen] = strings.TrimPrefix(l.Env[0], Variable+"=")
	return func() {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() {
			unexpected := func(ev handoff.Event) { w.Errorf("nobody expects %+v", ev) }
			_ = session.Run(ctx, handoff.Running{Tree: w.tree}, unexpected)
		})
		w.end[gen] = func() { cancel(); running.Wait() }
	}
}

// at tells places: "1 serving" is the foremost one.
func (w *world) at(places ...string) {
	w.Helper()
	var all []report.Place
	serves := strings.Contains(strings.Join(places, " "), report.StateServing)
	for _, text := range places {
		var p report.Place
		if _, err := fmt.Sscanf(text, "%d %s", &p.Gen, &p.State); err != nil {
			w.Fatal(err)
		}
		p.Foremost = p.State == report.StateServing || p.State == report.StateStarting && !serves
		all = append(all, p)
	}
	w.Tell(all)
}

// client is a client of a generation.
type client struct {
	testing.TB
	conn  *net.UnixConn
	lines *bufio.Reader
}

func (w *world) dial(gen handoff.GenID) *client {
	w.Helper()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: w.env[gen], Net: "unix"})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(waitBound))
	return &client{w.TB, conn, bufio.NewReaderSize(conn, 3<<20)}
}

// client returns a client that has said hello.
func (w *world) client(gen handoff.GenID) *client {
	w.Helper()
	c := w.dial(gen)
	c.ask(`{"id":1,"op":"hello","version":1,"client":"test/1"}`, `{"id":1,"version":1}`)
	return c
}

func (c *client) send(lines ...string) {
	c.Helper()
	if _, err := c.conn.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		c.Fatal(err)
	}
}

func (c *client) line() string {
	c.Helper()
	line, err := c.lines.ReadString('\n')
	if err != nil {
		c.Fatalf("no line: %v", err)
	}
	return strings.TrimSuffix(line, "\n")
}

// hears reads lines.
func (c *client) hears(want ...string) {
	c.Helper()
	for _, line := range want {
		if got := c.line(); got != line {
			c.Fatalf("got  %.300s\nwant %.300s", got, line)
		}
	}
}

func (c *client) ask(line string, want ...string) {
	c.Helper()
	c.send(line)
	c.hears(want...)
}

// gone waits for the end of the connection.
func (c *client) gone() {
	c.Helper()
	if line, err := c.lines.ReadString('\n'); err == nil {
		c.Fatalf("got %s", line)
	}
}

// quiet checks that nothing has been written to the client: an answer comes after what was there.
func (c *client) quiet() {
	c.Helper()
	c.ask(`{"id":99999999,"op":"get","key":"quiet"}`, `{"id":99999999,"missing":true}`)
}
