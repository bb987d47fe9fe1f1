package reuseport

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// via is a connection to epA from a client port.
func via(port uint16) sockdiag.Name {
	return sockdiag.Name{Local: epA.Addr, Remote: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)}
}

func TestAimReachesTheNewGenerationAlone(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	undo := testkit.Must(w.r.PinPort(2, epA, via(777)))(t)
	g := w.k.group(epA)
	if aim := g.route.Pin; aim == nil || aim.Port != 777 || g.array[aim.Index] != two {
		t.Errorf("aim %+v", aim)
	}
	w.reaches(epA, one)
	if _, err := w.r.PinPort(2, epA, via(778)); !errors.Is(err, ErrNoGate) {
		t.Errorf("a second probe: %v", err)
	}
	if !undo() {
		t.Error("nothing happened meanwhile")
	}
	if g.route.Pin != nil {
		t.Error("the exception stays")
	}
	if _, err := w.r.PinPort(3, epA, via(777)); !errors.Is(err, ErrNoGate) {
		t.Errorf("a generation without a gate: %v", err)
	}
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
