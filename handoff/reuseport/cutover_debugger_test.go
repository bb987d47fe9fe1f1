package reuseport

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A debugger's endpoint goes where it is led, in no cutover, and nobody takes
// it for one that clients are served at.
func TestDebuggersEndpointIsLedByItself(t *testing.T) {
	w := newWorld(t)
	w.debugger = epB
	_, one := w.serve(1, epA, false)
	_, oneB := w.serve(1, epB, false)
	_, two := w.serve(2, epA, false)
	_, twoB := w.serve(2, epB, false)
	lead := func(gen handoff.GenID) {
		t.Helper()
		testkit.NoError(t, w.r.CutoverEndpoint(gen, epB))
	}
	lead(2)
	w.reaches(epA, one)
	w.reaches(epB, twoB)
	lead(1)
	w.reaches(epB, oneB)
	w.r.Cutover(2)
	w.reaches(epA, two)
	w.reaches(epB, oneB)
	if got := w.r.Endpoints(2); !slices.Equal(got, []handoff.Endpoint{epA}) {
		t.Errorf("it serves clients at %v", got)
	}
	w.k.sockets[oneB].queue = 1
	if n := w.r.Waiting(1); n != 0 {
		t.Errorf("%d debuggers are waited for", n)
	}
	w.k.sockets[oneB].queue = 0
	lead(2)
	w.dies(1)
	w.reaches(epB, twoB)
	if !w.k.sockets[oneB].closed {
		t.Error("the old gate was not closed")
	}
	lead(1) // which is gone
	w.reaches(epB, twoB)
}
