package reuseport

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

var epA = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}

// world is a registry over the model, with programs that bind and listen.
type world struct {
	t     testing.TB
	k     *model
	r     *Registry
	owner map[int]handoff.GenID // who accepts from a socket, by its first descriptor
	held  sockets.Open          // that a process has
}

func newWorld(t testing.TB) *world {
	k := newModel()
	return &world{t: t, k: k, r: NewRegistry(k), owner: map[int]handoff.GenID{}, held: sockets.Open{}}
}

// serve is a program of the generation that binds and listens on e.
func (w *world) serve(gen handoff.GenID, e handoff.Endpoint, reuseport bool) (BindAction, int) {
	w.t.Helper()
	plan := testkit.Must(w.r.Bind(BindRequest{
		Gen: gen, Endpoint: e, ReusePort: reuseport, Inspectable: true,
		Open: w.held,
	}))(w.t)
	fd, dup := plan.Fd, -1
	switch plan.Action {
	case PassThrough:
		return PassThrough, -1
	case Share:
		fd = w.k.socket(e)
		dup = fd
	}
	inode, _, _ := w.k.Inode(fd)
	w.owner[w.k.sockets[fd].first], w.held[inode] = gen, sockets.Descriptor{FD: fd}
	testkit.Must(w.r.Listen(ListenRequest{
		Gen: gen, Backlog: 5, Inode: inode, Endpoint: e, Dup: dup,
	}))(w.t)
	return plan.Action, fd
}

// dies ends all processes of the generation.
func (w *world) dies(gen handoff.GenID) {
	for fd, owner := range w.owner {
		if owner == gen {
			inode, _, _ := w.k.Inode(fd)
			delete(w.held, inode)
			delete(w.owner, fd)
		}
	}
	w.r.GenerationEnded(gen)
}

func (w *world) reaches(e handoff.Endpoint, want ...int) {
	w.t.Helper()
	got := w.k.targets(e)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Fatalf("new connections reach %v, want %v", got, want)
	}
}

func TestSecondBindOfTheSameGeneration(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	if action, _ := w.serve(1, epA, false); action != PassThrough {
		t.Errorf("an address it serves: %v, want the kernel's EADDRINUSE", action)
	}
	inode, _, _ := w.k.Inode(one)
	for _, shares := range []bool{false, true} {
		delete(w.held, inode) // closed in the process
		if action, fd := w.serve(1, epA, shares); action != Inject || fd != one {
			t.Errorf("closed and bound again, sharing by itself %v: %v %d, want its gate back", shares, action, fd)
		}
	}
	action, second := w.serve(1, epA, true)
	if action != Share {
		t.Fatalf("a program that shares by itself: %v", action)
	}
	w.reaches(epA, one, second)
}

// A port that the kernel would refuse is not given by a gate: neither by one that
// the generation has closed, nor by a dead one's, nor by a new one of ours. What
// the user declared is.
func TestRefusedPortIsTheKernelsBusiness(t *testing.T) {
	bind := func(w *world, gen handoff.GenID, inspectable bool) BindAction {
		t.Helper()
		plan := testkit.Must(w.r.Bind(BindRequest{
			Gen: gen, Endpoint: epA, Refused: true, Inspectable: inspectable,
		}))(t)
		return plan.Action
	}
	for _, inspectable := range []bool{true, false} {
		w := newWorld(t)
		if got := bind(w, 1, inspectable); got != PassThrough {
			t.Errorf("nobody was there: %v", got)
		}
		w.serve(1, epA, false)
		if got := bind(w, 1, inspectable); got != PassThrough {
			t.Errorf("a gate that was closed: %v", got)
		}
		w.dies(1)
		if got := bind(w, 2, inspectable); got != PassThrough {
			t.Errorf("a dead generation's gate: %v", got)
		}
		w = newWorld(t)
		testkit.NoError(t, w.r.Declare(epA, 0))
		if got := bind(w, 1, inspectable); got != Inject {
			t.Errorf("declared: %v", got)
		}
	}
}

func TestInterruptedBindIsAnsweredTwiceAlike(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.dies(1)
	w.serve(2, epA, false)
	inode, _, _ := w.k.Inode(one)
	plan, err := w.r.Bind(BindRequest{Gen: 2, Endpoint: epA, Inode: inode, Inspectable: true})
	if err != nil || !plan.Done || plan.Fd != one {
		t.Errorf("%+v %v", plan, err)
	}
}

// Stop first, then start: the old one gets nobody any more, and who waited
// meanwhile is the new one's.
func TestHoldKeepsClientsForTheNext(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	if held, err := w.r.QueueConnections(1); !held || err != nil {
		t.Fatal(held, err)
	}
	targets := w.k.targets(epA)
	if len(targets) != 1 || targets[0] == one {
		t.Fatalf("new connections reach %v, the old generation's gate is %d", targets, one)
	}
	w.k.sockets[targets[0]].queue = 5
	w.dies(1)
	w.reaches(epA, targets[0])
	action, fd := w.serve(2, epA, false)
	if action != Inject || fd != targets[0] {
		t.Fatalf("the next bind got %v %d, want the gate with the clients", action, fd)
	}
	if !w.k.sockets[one].closed || w.k.reset != 0 {
		t.Errorf("old gate closed: %v, reset: %d", w.k.sockets[one].closed, w.k.reset)
	}
	w.r.Cutover(2)
	if held, err := w.r.QueueConnections(2); !held || err != nil {
		t.Fatal(held, err)
	}
	w.dies(2)
	w.r.CloseUnserved()
	if len(w.k.targets(epA)) > 0 {
		t.Error("held for a next one that does not come to this address")
	}
	if held, _ := w.r.QueueConnections(7); held {
		t.Error("a generation without gates was held")
	}
}

// What a generation opens when it is ready stays open until another one that was ready has ended without it: that may
// open it late, too.
func TestOpenedLate(t *testing.T) {
	w := newWorld(t)
	late := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4001")}
	for gen := range handoff.GenID(3) {
		w.serve(gen+1, epA, false)
		w.r.Cutover(gen + 1)
		if gen == 0 {
			w.serve(1, late, false)
			continue
		}
		w.dies(gen)
		w.r.CloseUnserved()
		if len(w.k.targets(late)) > 0 != (gen == 1) {
			t.Errorf("when generation %d has ended: open %v", gen, gen > 1)
		}
	}
	w.serve(3, late, false)
	child := w.renewed()
	child.serve(4, epA, false)
	child.r.Cutover(4)
	w.dies(3)
	child.r.GenerationEnded(Parent)
	child.r.CloseUnserved()
	if len(w.k.targets(late)) == 0 {
		t.Error("closed after an upgrade")
	}
}

// A program that opens and closes listeners without end does not use up hotswap's descriptors. The next generation
// may have as many.
func TestGatesOfAGenerationAreBounded(t *testing.T) {
	w := newWorld(t)
	at := func(i int) handoff.Endpoint {
		e := handoff.Endpoint{Network: "tcp4", Addr: netip.AddrPortFrom(epA.Addr.Addr(), uint16(5000+i))}
		if i < maxGates/2 {
			e.Network = "udp4"
		}
		return e
	}
	full := func(e handoff.Endpoint) {
		t.Helper()
		fd := w.k.socket(e)
		inode, _, _ := w.k.Inode(fd)
		if _, err := w.r.Listen(ListenRequest{Gen: 1, Inode: inode, Endpoint: e, Dup: fd}); !errors.Is(err, ErrFull) {
			t.Errorf("one more address: %v", err)
		}
	}
	for i := range maxGates {
		w.serve(1, at(i), false)
		if i == maxGates/2-1 {
			full(handoff.Endpoint{Network: "udp4", Addr: at(maxGates).Addr})
		}
	}
	full(at(maxGates))
	w.serve(2, at(0), false)
}

func TestDeclaredEndpoint(t *testing.T) {
	w := newWorld(t)
	testkit.NoError(t, w.r.Declare(epA, 0))
	first := w.k.targets(epA)
	if len(first) != 1 {
		t.Fatal("nobody listens before the first boot")
	}
	_, fds, err := w.r.AssignDeclared(1)
	if err != nil || !slices.Equal(fds, first) {
		t.Fatal(fds, err)
	}
	_, fds2, err := w.r.AssignDeclared(2)
	if err != nil || fds2[0] == first[0] {
		t.Fatal("the second generation has the first one's gate", err)
	}
	w.reaches(epA, first[0])
	inode, _, _ := w.k.Inode(first[0])
	w.held[inode] = sockets.Descriptor{FD: first[0]} // by number
	if action, fd := w.serve(1, epA, false); action != Inject || fd != first[0] {
		t.Errorf("a program that binds the address by itself got %v %d, want the gate it was passed", action, fd)
	}
	w.r.Cutover(2)
	w.reaches(epA, fds2[0])
	w.dies(1)
	w.dies(2)
	w.r.CloseUnserved()
	w.reaches(epA, fds2[0])
}
