package held

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// world is a registry, and what the generations report.
type world struct {
	t        *testing.T
	registry *Registry
	tmp      *scratch.Folder
	wire     *wire.Session // of the newest generation
	events   chan handoff.Event
}

func newWorld(t *testing.T, c Config) *world {
	t.Helper()
	dir := testkit.ShortDir(t)
	w := &world{t: t, events: make(chan handoff.Event, 100), tmp: scratch.In(dir)}
	c.Wire = func(handoff.GenID) *wire.Session { return w.wire }
	w.registry = NewRegistry(c)
	t.Cleanup(w.registry.Close)
	return w
}

// generation starts a generation, and returns the path of its wire, and what ends it.
func (w *world) generation(gen handoff.GenID) (path string, end func()) {
	w.t.Helper()
	wire := testkit.Must(wire.Open(w.tmp, "s"))(w.t)
	w.wire = wire
	l := &handoff.Launch{Gen: gen, Env: []string{"A=1"}}
	s := testkit.Must(w.registry.Prepare(l))(w.t)
	if !slices.Equal(l.Env, []string{"A=1", Variable + "=1"}) {
		w.t.Fatalf("%q", l.Env)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error)
	tree := func() []int { return []int{os.Getpid()} }
	var running sync.WaitGroup
	running.Go(func() { wire.Run(ctx, tree) })
	go func() { ran <- s.Run(ctx, handoff.Running{Tree: tree}, func(ev handoff.Event) { w.events <- ev }) }()
	ended := false
	end = func() {
		if !ended {
			ended = true
			cancel()
			if err := <-ran; err != nil {
				w.t.Error(err)
			}
			running.Wait()
			w.registry.Queue(gen)
		}
	}
	w.t.Cleanup(end)
	return wire.Path, end
}

// event demands the next event.
func (w *world) event(want handoff.Event) {
	w.t.Helper()
	select {
	case got := <-w.events:
		if got != want {
			w.t.Fatalf("%#v, want %#v", got, want)
		}
	case <-time.After(testkit.Patience):
		w.t.Fatalf("no event, want %#v", want)
	}
}

// cutover demands that the generation takes over at these addresses.
func (w *world) cutover(gen handoff.GenID, want ...handoff.Endpoint) time.Duration {
	w.t.Helper()
	got, took := w.registry.Cutover(gen)
	if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
		w.t.Fatalf("%v, want %v", got, want)
	}
	return took
}

// adapter is a process of a program, as hotswap sees it.
type adapter struct {
	*testkit.Link
	t     *testing.T
	asked int
}

func connect(t *testing.T, path string) *adapter {
	t.Helper()
	a := &adapter{Link: testkit.Connect(t, path), t: t}
	a.Say(`{"type":"hello","version":1}`)
	return a
}

// listens reads that a generation does.
func (w *world) listens(gen handoff.GenID, at handoff.Endpoint) {
	w.t.Helper()
	w.event(handoff.Listening{Gen: gen, Endpoint: at})
}

// runs starts a generation with an adapter.
func (w *world) runs(gen handoff.GenID) *adapter {
	w.t.Helper()
	path, _ := w.generation(gen)
	return connect(w.t, path)
}

// request is what an adapter writes.
type request struct {
	Type string `json:"type"`
	bind
	At    string `json:"at,omitempty"`
	Turn  int    `json:"turn"`
	Tried bool   `json:"tried"`
}

func (a *adapter) write(m request) {
	a.t.Helper()
	a.Say(string(testkit.Must(json.Marshal(m))(a.t)))
}

// read returns the next line, and the descriptor that came along, or -1.
func (a *adapter) read() (m answer, fd int) {
	a.t.Helper()
	if !a.HearInto(&m) {
		a.t.Fatal("the link has ended")
	}
	if m.Type != "socket" && m.Type != "go" {
		return m, -1
	}
	fd = a.FD()
	if fd < 0 {
		a.t.Fatal("no descriptor")
	}
	return m, fd
}

// reads demands a line of this type.
func (a *adapter) reads(kind string) (m answer, fd int) {
	a.t.Helper()
	m, fd = a.read()
	if m.Type != kind {
		a.t.Fatalf("%+v, want %s", m, kind)
	}
	return m, fd
}

// goes reads that the adapter may accept.
func (a *adapter) goes() {
	a.t.Helper()
	_, fd := a.reads("go")
	_ = unix.Close(fd)
}

// bind asks for an address.
func (a *adapter) bind(m request) (answer, int) {
	a.t.Helper()
	a.asked++
	m.Type, m.ID = "bind", a.asked
	a.write(m)
	got, fd := a.read()
	if got.ID != a.asked {
		a.t.Fatalf("%+v answers %d", got, a.asked)
	}
	return got, fd
}

// serves asks for an address, and says that the program accepts there.
func (a *adapter) serves(m request) (at string) {
	a.t.Helper()
	got, fd := a.bind(m)
	if got.Type != "socket" {
		a.t.Fatalf("%+v", got)
	}
	_ = unix.Close(fd)
	a.write(request{Type: "accepts", At: got.At})
	a.write(request{Type: "ready", At: got.At})
	return got.At
}

// accepts accepts a client from the socket, answers with the text, and closes the socket.
func accepts(t *testing.T, fd int, text string) {
	t.Helper()
	defer unix.Close(fd)
	testkit.Eventually(t, func() error { // the socket does not block
		nfd, _, err := unix.Accept(fd)
		if err == nil {
			_, err = unix.Write(nfd, []byte(text))
			_ = unix.Close(nfd)
		}
		return err
	})
}

// client connects, and waits for an answer.
func client(t *testing.T, e handoff.Endpoint) (answer func() string) {
	t.Helper()
	c := testkit.Must(net.DialTimeout("tcp", e.Addr.String(), testkit.Patience))(t)
	t.Cleanup(func() { c.Close() })
	return func() string {
		_ = c.SetDeadline(time.Now().Add(testkit.Patience))
		b := make([]byte, 100)
		n := testkit.Must(c.Read(b))(t)
		return string(b[:n])
	}
}

// address returns a free one.
func address(t *testing.T) (handoff.Endpoint, request) {
	t.Helper()
	at := testkit.FreeAddress(t, "127.0.0.1")
	return handoff.Endpoint{Network: "tcp4", Addr: at}, request{bind: bind{Host: "127.0.0.1", Port: int(at.Port())}}
}
