package reuseport

import (
	"net/netip"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// anyPort is what a program binds of which the kernel chooses the port.
var anyPort = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:0")}

// chooses is a program of the generation that listens at e, after a bind of port 0.
func (w *world) chooses(gen handoff.GenID, e handoff.Endpoint) {
	w.t.Helper()
	fd := w.k.socket(e)
	inode, _, _ := w.k.Inode(fd)
	w.owner[w.k.sockets[fd].first], w.held[inode] = gen, true
	_, err := w.r.Listen(ListenRequest{Gen: gen, Inode: inode, Endpoint: e, Dup: fd, Chosen: true})
	testkit.NoError(w.t, err)
}

// numbers checks which number the next bind of port 0 gets; zero: one of its own.
func (w *world) numbers(gen handoff.GenID, like, want handoff.Endpoint) {
	w.t.Helper()
	at, ok := w.r.Number(gen, like)
	if zero := (handoff.Endpoint{}); ok != (want != zero) || ok && at != want {
		w.t.Errorf("generation %d binds port 0 of %v: %v %v, want %v", gen, like.Addr.Addr(), at, ok, want)
	}
}

func TestNumber(t *testing.T) {
	var own handoff.Endpoint
	all := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("0.0.0.0:0")}
	w := newWorld(t)
	w.numbers(1, anyPort, own)
	w.chooses(1, epA)
	w.numbers(1, anyPort, own) // its second
	w.numbers(2, anyPort, epA)
	w.numbers(2, all, own)
	if action, _ := w.serve(2, epA, false); action != Share {
		t.Errorf("the next generation's bind: %v", action)
	}
	w.numbers(2, anyPort, own)
	w.r.Cutover(2)
	w.numbers(3, anyPort, epA)
	w.dies(1)
	w.dies(2)
	w.numbers(3, anyPort, epA) // clients wait there
	w.serve(3, epA, false)
	w.serve(3, epB, false)
	w.numbers(4, anyPort, own) // which of two?
}

// A port that was asked for is nobody's choice.
func TestNumberOfAFixedPort(t *testing.T) {
	w := newWorld(t)
	w.serve(1, epA, false)
	w.numbers(2, anyPort, handoff.Endpoint{})
	if w.r.Alone(2, epB) {
		t.Error("a port beside a served one counts")
	}
}

// A socket that the registry leaves to the program goes on listening, and nobody keeps its number.
func TestPortThatIsLeft(t *testing.T) {
	w := newWorld(t)
	w.chooses(1, epA)
	if !w.r.Alone(1, epA) || w.r.Alone(1, epB) {
		t.Error("alone with another port, or not alone with its own")
	}
	w.r.LeavePort(1, epA)
	w.numbers(2, anyPort, handoff.Endpoint{})
	if got := w.r.Endpoints(1); len(got) != 0 || !w.r.Alone(1, epB) {
		t.Errorf("the registry has %v", got)
	}
	w.serve(1, epB, false)
	w.r.LeavePort(1, epB) // fixed: nothing to leave
	if got := w.r.Endpoints(1); len(got) != 1 {
		t.Errorf("the registry has %v", got)
	}
}

// A hotswap that upgrades another one keeps the number.
func TestNumberSurvivesAnUpgrade(t *testing.T) {
	parent := newWorld(t)
	parent.chooses(1, epA)
	child := parent.renewed()
	child.numbers(2, anyPort, epA)
	child.serve(2, epA, false)
	child.r.Cutover(2)
	parent.r.LeavePort(1, epA) // its books are the child's
	if got := parent.r.Endpoints(1); len(got) != 1 {
		t.Errorf("the parent has %v", got)
	}
}
