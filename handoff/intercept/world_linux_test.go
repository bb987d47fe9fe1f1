package intercept

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

const patience = testkit.Patience

// world is this process in hotswap's role: a registry over the real kernel,
// and generations that are processes.
type world struct {
	t         testing.TB
	registry  *reuseport.Registry
	transport *Transport
	last      handoff.GenID
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, registry: reuseport.NewRegistry(sockets.System{})}
	var err error
	w.transport, err = New(w.registry, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.registry.Close)
	return w
}

func (w *world) cutover(gen handoff.GenID) {
	w.t.Helper()
	if _, _, err := w.registry.Cutover(gen); err != nil {
		w.t.Fatal(err)
	}
}

// generation is a running program with its session.
type generation struct {
	*proc.Process
	t      testing.TB
	w      *world
	id     handoff.GenID
	in     *os.File
	raw    *os.File
	out    *bufio.Reader
	events chan handoff.Event

	session *session
	ran     chan error // what the session's Run returned; nil where there is none
	cancel  context.CancelFunc
	ended   bool
}

// start begins the next generation.
func (w *world) start(name string, args ...string) *generation {
	w.t.Helper()
	g := w.prepare(name, args...)
	g.run()
	return g
}

// prepare starts the next generation's program, without its session.
func (w *world) prepare(name string, args ...string) *generation {
	w.t.Helper()
	w.last++
	launch := &handoff.Launch{Gen: w.last}
	prepared := testkit.Must(w.transport.Prepare(launch))(w.t)
	g := w.process(launch.Filter, name, args...)
	g.id, g.session = w.last, prepared.(*session)
	w.t.Cleanup(g.end)
	return g
}

// run starts the session.
func (g *generation) run() {
	ctx, cancel := context.WithCancel(context.Background())
	g.cancel, g.ran = cancel, make(chan error, 1)
	go func() {
		g.ran <- g.session.Run(ctx, handoff.Running{Listener: g.Listener, Tree: g.Tree}, func(e handoff.Event) {
			g.events <- e
		})
	}()
}

// bare is a program that hotswap has nothing to do with.
func (w *world) bare() *generation {
	w.t.Helper()
	g := w.process(nil, "sockets")
	w.t.Cleanup(g.end)
	return g
}

func (w *world) process(filter []byte, name string, args ...string) *generation {
	w.t.Helper()
	used.Store(name, true)
	var in, out [2]int
	for _, p := range []*[2]int{&in, &out} {
		testkit.NoError(w.t, unix.Pipe2(p[:], unix.O_CLOEXEC))
	}
	_ = unix.SetNonblock(out[0], true) // for a deadline
	g := &generation{
		t: w.t, w: w, in: os.NewFile(uintptr(in[1]), "stdin"), raw: os.NewFile(uintptr(out[0]), "stdout"),
		events: make(chan handoff.Event, 1000),
	}
	g.out = bufio.NewReader(g.raw)
	var err error
	g.Process, err = proc.Start(proc.Spec{
		Launch: handoff.Launch{Argv: append([]string{self, "helper:" + name}, args...), Env: os.Environ(),
			Filter: filter},
		Stdio: [3]int{in[0], out[1], 2}, Title: "test",
	})
	_ = unix.Close(in[0])
	_ = unix.Close(out[1])
	testkit.NoError(w.t, err)
	return g
}

// end kills the generation's tree, and checks that its session ends well.
func (g *generation) end() {
	g.t.Helper()
	if g.ended {
		return
	}
	g.ended = true
	if err := g.Kill(); err != nil {
		g.t.Error(err)
	}
	timeout := time.After(patience)
	select {
	case <-g.Gone():
	case <-timeout:
		g.t.Fatalf("it is not gone: %v", g.Tree())
	}
	if g.ran != nil {
		select { // the listener has hung up: no context needs to end
		case err := <-g.ran:
			if err != nil {
				g.t.Error(err)
			}
		case <-timeout:
			g.t.Fatal("the session goes on")
		}
		g.cancel()
	}
	g.in.Close()
	g.raw.Close()
}

// do gives an order and returns the answer.
func (g *generation) do(order string, args ...any) string {
	g.t.Helper()
	testkit.Must(fmt.Fprintln(g.in, append([]any{order}, args...)...))(g.t)
	return g.line()
}

// gets gives an order that is answered so.
func (g *generation) gets(want, order string, args ...any) {
	g.t.Helper()
	if got := g.do(order, args...); got != want {
		g.t.Errorf("%s %v: %s, want %s", order, args, got, want)
	}
}

func (g *generation) line() string {
	g.t.Helper()
	_ = g.raw.SetReadDeadline(time.Now().Add(patience))
	s, err := g.out.ReadString('\n')
	if err != nil {
		g.t.Fatalf("no answer: %v", err)
	}
	return strings.TrimSpace(s)
}

// ok gives orders that must succeed.
func (g *generation) ok(orders ...string) {
	g.t.Helper()
	for _, order := range orders {
		if got := g.do(order); got != "ok" {
			g.t.Fatalf("%s: %s", order, got)
		}
	}
}

// listen makes a socket of that name which listens, and awaits the event.
func (g *generation) listen(name string, e handoff.Endpoint) {
	g.t.Helper()
	g.ok("socket "+name+" "+e.Network, "set "+name+" reuseaddr 1", "bind "+name+" "+e.Addr.String(), "listen "+name+
		" 5")
	g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
}

// heard is that the next event is this one.
func (g *generation) heard(want handoff.Event) {
	g.t.Helper()
	select {
	case got := <-g.events:
		if got != want {
			g.t.Fatalf("told %#v, want %#v", got, want)
		}
	case <-time.After(patience):
		g.t.Fatalf("not told %#v", want)
	}
}

// quiet is that there was no event. What a program did before its last answer
// has been told by then.
func (g *generation) quiet() {
	g.t.Helper()
	select {
	case got := <-g.events:
		if _, degraded := got.(handoff.Degraded); !degraded || os.Getenv(forbidEnv) == "" {
			g.t.Errorf("told %#v", got)
		}
	default:
	}
}

// endpoint is an address that nobody has.
func endpoint(t testing.TB, ip string, v6only bool) handoff.Endpoint {
	t.Helper()
	e := handoff.Endpoint{Network: "tcp6", Addr: testkit.FreeAddress(t, ip), V6Only: v6only}
	if e.Addr.Addr().Is4() {
		e.Network = "tcp4"
	}
	return e
}

// answers checks who answers a client.
func answers(t testing.TB, c net.Conn, want string) {
	t.Helper()
	if got := answerOf(t, c); got != want {
		t.Errorf("%q answers, want %q", got, want)
	}
}

func answerOf(t testing.TB, c net.Conn) string {
	t.Helper()
	s, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatalf("a client was lost: %v", err)
	}
	return strings.TrimSpace(s)
}

// answered checks who answers so many clients: each of those, and nobody else.
func answered(t testing.TB, e handoff.Endpoint, n int, want ...string) {
	t.Helper()
	var got []string
	for range n {
		c := testkit.Dial(t, reach(e))
		if s := answerOf(t, c); !slices.Contains(got, s) {
			got = append(got, s)
		}
		c.Close()
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%v: %q answer, want %q", e, got, want)
	}
}

// reach is an address of this machine by which the endpoint is reached.
func reach(e handoff.Endpoint) string {
	ip := e.Addr.Addr().Unmap()
	if ip.IsUnspecified() && (ip.Is4() || !e.V6Only) {
		ip = netip.MustParseAddr("127.0.0.1") // also where it is dual stack
	} else if ip.IsUnspecified() {
		ip = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(ip, e.Port()).String()
}
