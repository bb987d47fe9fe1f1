package reuseport

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func tcp(addr string, v6only bool) handoff.Endpoint {
	e := handoff.Endpoint{Network: "tcp6", Addr: netip.MustParseAddrPort(addr), V6Only: v6only}
	if e.Addr.Addr().Is4() {
		e.Network = "tcp4"
	}
	return e
}

// An address and its wildcard, of either family, exclude each other whoever was there first.
func TestStrangerKeepsTheAddress(t *testing.T) {
	one, all, six, both, alone := tcp("127.0.0.1:4000", false), tcp("0.0.0.0:4000", false), tcp("[::1]:4000", false),
		tcp("[::]:4000", false), tcp("[::]:4000", true)
	for _, c := range []struct {
		a, b  handoff.Endpoint
		taken bool
	}{
		{one, one, true}, {one, all, true}, {both, one, true}, {both, all, true}, {both, six, true}, {both, both, true},
		{alone, six, true},
		{tcp("[::ffff:127.0.0.1]:4000", false), one, true},
		{one, six, false}, {one, alone, false}, {all, alone, false}, {one, tcp("127.0.0.2:4000", false), false},
		{both, tcp("127.0.0.1:4001", false), false},
	} {
		taken := c.taken
		for _, c := range [][2]handoff.Endpoint{{c.a, c.b}, {c.b, c.a}} {
			w := newWorld(t)
			w.k.stranger(c[0])
			plan, err := w.r.Bind(BindRequest{Gen: 1, Endpoint: c[1], Inspectable: true})
			if err != nil || plan.Taken != taken || (plan.Action == PassThrough) != taken {
				t.Errorf("%v beside %v: %+v, %v", c[1], c[0], plan, err)
			}
			if err := w.r.Declare(c[1], 0); errors.Is(err, ErrTaken) != taken ||
				errors.Is(err, syscall.EADDRINUSE) != taken {
				t.Errorf("%v beside %v: %v", c[1], c[0], err)
			}
		}
	}
}

// A stranger that begins to listen between the look and the listen.
func TestStrangerAtTheSameMoment(t *testing.T) {
	w := newWorld(t)
	looks := 0
	w.k.onListeners = func() {
		looks++
		if looks == 2 {
			w.k.stranger(epA)
		}
	}
	if err := w.r.Declare(epA, 0); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
	if n := len(w.k.group(epA).array); n != 1 {
		t.Errorf("%d sockets listen", n)
	}
}

// The child of an upgrade would not know the place of a stranger, or of a socket of UDP that is connected.
func TestNoUpgradeBesideAStranger(t *testing.T) {
	w := newWorld(t)
	w.serve(1, epA, false)
	stranger := w.k.sockets[w.k.stranger(epA)]
	for _, stranger.connected = range []bool{false, true} {
		if err := freeze(w.r); !errors.Is(err, errOthers) {
			t.Errorf("an upgrade begins: %v", err)
		}
	}
	w.dies(1)
	w.r.CloseUnserved()
	if err := freeze(w.r); err != nil {
		t.Errorf("no gate is there: %v", err)
	}
}

// A stranger has a place in the kernel's array, also when the program shuts its listener down.
func TestStrangerBesideAListenerThatIsShutDown(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.r.Cutover(2)
	w.k.stranger(epA)
	testkit.NoError(t, w.k.Shutdown(one))
	w.r.Waiting(1)
	w.reaches(epA, two)
}
