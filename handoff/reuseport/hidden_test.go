package reuseport

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// epAll is all addresses of epA's port.
var epAll = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("0.0.0.0:4000")}

// passed checks that so many clients are passed on to the generation, and that the address is then closed.
func (w *world) passed(e handoff.Endpoint, to handoff.GenID, n int) {
	w.t.Helper()
	got := w.r.AcceptOrphaned(9)
	w.r.Sweep()
	if len(got) != n || slices.ContainsFunc(got, func(c OrphanedConn) bool { return c.To != to || c.At != e }) ||
		len(w.k.targets(e)) > 0 || w.k.reset != 0 {
		w.t.Errorf("passed on: %v; %v leads to %v, %d reset", got, e, w.k.targets(e), w.k.reset)
	}
}

// A program moves to one of the addresses at which the older one serves. Clients wait until it is ready, and get to the
// older one if it fails. A third one, too, has to prove itself.
func TestMoveToOneAddress(t *testing.T) {
	for _, fails := range []bool{false, true} {
		w := newWorld(t)
		w.serve(1, epAll, false)
		w.r.Cutover(1)
		_, two := w.serve(2, epA, false)
		guard := w.k.targets(epA)
		if len(guard) != 1 || guard[0] == two {
			t.Fatalf("new clients reach %v before generation 2 is ready", guard)
		}
		w.k.sockets[guard[0]].queue = 3
		if fails {
			w.dies(2)
			action, three := w.serve(3, epA, false)
			if got := w.k.targets(epA); action != Share || slices.Contains(got, three) {
				t.Errorf("generation 3 was answered by %v; new clients reach %v", action, got)
			}
			w.dies(3)
			w.r.CloseUnserved()
			if len(w.k.targets(epA)) == 0 {
				t.Error("closed with clients")
			}
			w.passed(epA, 1, 3)
			continue
		}
		w.r.Cutover(2)
		w.reaches(epA, two)
		if got := w.r.AcceptOrphaned(9); len(got) != 3 || got[0].To != 2 {
			t.Errorf("passed on: %v", got)
		}
		w.r.Sweep()
		w.agrees(epA)
	}
}

// A program moves to all addresses of its port. Those who come to the single one wait until the older generation has
// ended.
func TestMoveToAllAddresses(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.r.Cutover(1)
	w.serve(2, epAll, false)
	w.reaches(epA, one)
	w.r.Cutover(2)
	guard := w.k.targets(epA)
	if len(guard) != 1 || guard[0] == one {
		t.Fatalf("new clients reach %v", guard)
	}
	w.k.sockets[guard[0]].queue = 2
	if got := w.r.AcceptOrphaned(9); len(got) > 0 {
		t.Errorf("passed on: %v", got)
	}
	w.dies(1)
	w.passed(epA, 2, 2)
}
