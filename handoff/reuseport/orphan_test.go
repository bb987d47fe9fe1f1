package reuseport

import (
	"testing"
)

func TestClientsOrphanedByACutoverAreAccepted(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.r.Cutover(2)
	w.k.sockets[one].queue = 3 // not accepted before it died
	w.dies(1)
	w.reaches(epA, two)
	w.k.sockets[two].queue = 1 // somebody who waits for the living
	if action, _ := w.serve(3, epA, false); action != Share {
		t.Errorf("a start's bind was answered by %v: its code may be broken", action)
	}
	if got := w.r.AcceptOrphaned(2); len(got) != 2 || got[0].From != 1 || got[0].To != 2 {
		t.Errorf("accepted %v", got)
	}
	if pending := w.r.Sweep(); pending != 1 || w.k.sockets[one].closed {
		t.Errorf("%d pending, closed: %v", pending, w.k.sockets[one].closed)
	}
	if got := w.r.AcceptOrphaned(2); len(got) != 1 {
		t.Errorf("accepted %v", got)
	}
	w.r.Sweep()
	if !w.k.sockets[one].closed || w.k.reset != 0 || w.k.sockets[two].queue != 1 {
		t.Errorf("closed %v, reset %d, %d wait for the living", w.k.sockets[one].closed, w.k.reset, w.k.sockets[two].queue)
	}
}
