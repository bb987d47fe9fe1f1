package proxy

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A generation listens when one of its processes listens at its port. Else hotswap says where it listens instead.
func TestListening(t *testing.T) {
	w := newWorld(t)
	other := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:3000")}
	w.own.Store(&[]handoff.Endpoint{other})
	g := w.starts(1)
	if ev := (<-w.events).(handoff.Unready); ev.Why != errSilent.Error() {
		t.Errorf("%+v", ev)
	}
	g.l = testkit.Must(net.Listen("tcp4", address(g.port)))(t) // another program
	w.socket.Store(2)
	if ev := (<-w.events).(handoff.OtherPort); ev != (handoff.OtherPort{Gen: 1, Endpoint: other, Port: g.port}) {
		t.Errorf("%+v", ev)
	}
	if ev := (<-w.events).(handoff.Unready); ev.Why != errForeign.Error() {
		t.Errorf("%+v", ev)
	}
	if at := w.proxy.Endpoints(1); len(at) > 0 {
		t.Errorf("listens at %v", at)
	}
	if at, _ := w.proxy.Cutover(1); len(at) > 0 || w.proxy.serving.Load() != 0 {
		t.Error("it serves")
	}
	w.own.Store(&[]handoff.Endpoint{other, {Network: "tcp4", Addr: netip.MustParseAddrPort(address(g.port))}})
	w.socket.Store(1)
	if ev := <-w.events; ev != (handoff.Listening{Gen: 1, Endpoint: w.proxy.at}) {
		t.Errorf("%+v", ev)
	}
	testkit.Must(io.ReadAll(g.accepts()))(t) // the proxy's look
	w.cutover(g)

	// The program closes its socket, and another one takes the port: nobody is connected to that one, and clients wait.
	w.socket.Store(2)
	c := w.client()
	c.asks("/")
	testkit.Eventually(t, func() error {
		if gen, _ := w.proxy.target(); gen != 0 {
			return errors.New("clients do not wait")
		}
		return nil
	})
	_ = g.l.(*net.TCPListener).SetDeadline(time.Unix(1, 0))
	if _, err := g.l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the other was connected to: %v", err)
	}
	w.socket.Store(1)
	testkit.Must(io.ReadAll(g.accepts()))(t)
	g.answers()
	c.gets(1)
}

// A connection counts only if the generation's socket answered before it was made and after.
func TestDial(t *testing.T) {
	l := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	defer l.Close()
	at := reached(l.Addr().(*net.TCPAddr).AddrPort())
	known, unknown := listener{at: at, sockets: []uint64{1, 3}, known: true}, listener{at: at}
	for name, c := range map[string]struct {
		place  listener
		answer []uint64 // before, after
		others bool
		made   bool // a connection, for a moment at least
		want   error
	}{
		"the generation":                  {known, []uint64{1, 3}, false, true, nil},
		"another program":                 {known, []uint64{2}, false, false, errForeign},
		"another program in between":      {known, []uint64{1, 2}, false, true, errForeign},
		"nobody":                          {known, []uint64{0}, false, false, errSilent},
		"a system that does not say":      {unknown, []uint64{0, 0}, false, true, nil},
		"a program that may be the right": {unknown, []uint64{2, 2}, false, true, nil},
		"another user's":                  {unknown, []uint64{2}, true, false, errForeign},
	} {
		asked := 0
		conn,
			err := (&Config{Answers: func(netip.AddrPort) (uint64, bool) {
			asked++
			return c.answer[asked-1], c.others
		}}).dial(t.Context(), c.place)
		if c.want == nil && err != nil || !errors.Is(err, c.want) || asked != len(c.answer) {
			t.Errorf("%s: %v, asked %d times", name, err, asked)
		}
		if c.made {
			testkit.Must(l.Accept())(t).Close()
		}
		if conn != nil {
			conn.Close()
		}
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Unix(1, 0))
	if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("somebody else was connected to: %v", err)
	}
}

// Each generation has a port of its own, which is free.
func TestPorts(t *testing.T) {
	w := newWorld(t)
	seen := map[int]bool{}
	for gen := range handoff.GenID(50) {
		port := w.starts(gen + 1).port
		if port < firstPort || port >= firstPort+manyPorts || seen[port] {
			t.Fatalf("port %d, before %v", port, seen)
		}
		seen[port] = true
	}
	w.proxy.Free = func(int) bool { return false }
	if _, err := w.proxy.Prepare(&handoff.Launch{Gen: 99}); err == nil {
		t.Error("no port is free")
	}
}
