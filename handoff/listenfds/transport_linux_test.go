package listenfds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// declared is a registry with endpoints that nobody else has.
func declared(t *testing.T, n int) (*reuseport.Registry, []handoff.Endpoint) {
	t.Helper()
	r := reuseport.NewRegistry(sockets.System{})
	t.Cleanup(r.Close)
	var out []handoff.Endpoint
	for range n {
		e := handoff.Endpoint{Network: "tcp4", Addr: testkit.FreeAddress(t, "127.0.0.1")}
		testkit.NoError(t, r.Declare(e, 0))
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b handoff.Endpoint) int { return a.Addr.Compare(b.Addr) })
	return r, out
}

// all passes each of them.
func all(endpoints []handoff.Endpoint) (passed []Passed) {
	for _, e := range endpoints {
		passed = append(passed, Passed{Endpoint: e})
	}
	return passed
}

func served(context.Context, handoff.GenID, handoff.Endpoint) error { return nil }

// As systemd does it, whatever the last generation has set on the same socket.
func TestPassedSocketsBlock(t *testing.T) {
	r, endpoints := declared(t, 1)
	transport := New(r, all(endpoints), served)
	for gen := handoff.GenID(1); gen <= 2; gen++ {
		l := &handoff.Launch{Gen: gen}
		testkit.Must(transport.Prepare(l))(t)
		fd := l.Files[0].FD
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
			t.Errorf("generation %d: flags %#x, %v", gen, flags, err)
		}
		_ = unix.SetNonblock(fd, true)
		r.GenerationEnded(gen)
	}
}

// The program finds each socket at 3 and up, and no variable of hotswap's own activator. What is no TCP
// listener is passed as it is, at its own place.
func TestPrepare(t *testing.T) {
	r, endpoints := declared(t, 2)
	const other = 77
	passed := []Passed{{Endpoint: endpoints[1]}, {Name: "run", FD: other}, {Name: "second", Endpoint: endpoints[0]}}
	for gen := handoff.GenID(1); gen <= 2; gen++ {
		l := &handoff.Launch{Gen: gen, Env: []string{"A=1", "LISTEN_PID=1", "LISTEN_FDS=9", "LISTEN_PIDFDID=5",
			"LISTEN_FDS_FIRST_FD=9", "LISTEN_FDSX=1"}}
		testkit.Must(New(r, passed, served).Prepare(l))(t)
		if want := []string{"A=1", "LISTEN_FDSX=1", "LISTEN_FDS=3", "LISTEN_FDNAMES=unknown:run:second"}; !slices.Equal(l.Env, want) || !l.ListenPID {
			t.Errorf("%q, LISTEN_PID %v", l.Env, l.ListenPID)
		}
		for i, f := range l.Files {
			at, _ := unix.Getsockname(f.FD)
			if f.At != First+i || (f.FD == other) != (i == 1) ||
				f.FD != other && sockdiag.AddrPort(at) != passed[i].Endpoint.Addr {
				t.Errorf("generation %d: descriptor %d at %d", gen, f.FD, f.At)
			}
		}
	}
}

// Each endpoint is reported when the probe says so; the errors of the others
// are told at the end, unless the generation has ended.
func TestSessionReportsWhatIsServed(t *testing.T) {
	r, endpoints := declared(t, 3)
	broken := errors.New("broken")
	probe := func(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) error {
		switch {
		case gen != 7:
			return fmt.Errorf("asked for generation %d", gen)
		case e == endpoints[0]:
			return nil
		case e == endpoints[1]:
			return broken
		}
		<-ctx.Done()
		return ctx.Err()
	}
	session := testkit.Must(New(r, all(endpoints), probe).Prepare(&handoff.Launch{Gen: 7}))(t)
	ctx, cancel := context.WithCancel(context.Background())
	events, ran := make(chan handoff.Event, 3), make(chan error, 1)
	go func() { ran <- session.Run(ctx, handoff.Running{}, func(e handoff.Event) { events <- e }) }()
	if got, want := <-events, (handoff.Listening{Gen: 7, Endpoint: endpoints[0]}); got != want {
		t.Errorf("%#v, want %#v", got, want)
	}
	cancel()
	if err := <-ran; err != nil && !errors.Is(err, broken) {
		t.Errorf("%v", err) // broken, unless it came after the end
	}
	if len(events) != 0 {
		t.Errorf("told %#v", <-events)
	}
}

// A program that uses one of its sockets and closes the other is seen well.
func TestClosedSocketIsNoError(t *testing.T) {
	r, endpoints := declared(t, 2)
	probe := func(_ context.Context, _ handoff.GenID, e handoff.Endpoint) error {
		if e == endpoints[0] {
			return reuseport.ErrListenerClosed
		}
		return nil
	}
	session := testkit.Must(New(r, all(endpoints), probe).Prepare(&handoff.Launch{Gen: 7}))(t)
	var told []handoff.Event
	err := session.Run(t.Context(), handoff.Running{}, func(e handoff.Event) { told = append(told, e) })
	if err != nil {
		t.Error(err)
	}
	if want := (handoff.Listening{Gen: 7, Endpoint: endpoints[1]}); len(told) != 1 || told[0] != want {
		t.Errorf("told %#v", told)
	}
}

// Of a program that was started ahead nothing is asked before its time.
func TestNothingIsAskedAhead(t *testing.T) {
	r, endpoints := declared(t, 1)
	probe := func(context.Context, handoff.GenID, handoff.Endpoint) error {
		t.Error("it was asked")
		return nil
	}
	session := testkit.Must(New(r, all(endpoints), probe).Prepare(&handoff.Launch{Gen: 7}))(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := session.Run(ctx, handoff.Running{Released: make(chan struct{})}, func(handoff.Event) {}); err != nil {
		t.Error(err)
	}
}
