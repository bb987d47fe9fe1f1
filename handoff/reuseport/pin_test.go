package reuseport

import (
	"net/netip"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// via is a connection to epA from a client port.
func via(port uint16) sockdiag.Name {
	return sockdiag.Name{Local: epA.Addr, Remote: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)}
}

// A place in the group that changes meanwhile may be another gate's.
func TestAimSaysWhetherItHeld(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.serve(2, epA, false)
	_, three := w.serve(3, epA, false)
	aim := func() func() bool {
		undo := testkit.Must(w.r.PinPort(3, epA, via(777)))(t)
		return undo
	}
	undo := aim()
	w.serve(4, epA, false) // at the end: nobody moves
	if !undo() {
		t.Error("nothing has changed")
	}
	undo = aim()
	w.k.unlist(one) // by the program itself
	if undo() {
		t.Error("a gate left, and the aim held")
	}
	undo = aim()
	w.k.unlist(three)
	w.r.Sweep()
	if undo() {
		t.Error("the gate that was aimed at left")
	}
}
