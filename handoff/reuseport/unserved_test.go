package reuseport

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// unserved is a gate at which n clients wait and no program serves; two probes of the dead generation are the last.
func unserved(t *testing.T, n int) (w *world, fd int) {
	w = newWorld(t)
	_, fd = w.serve(1, epA, false)
	for _, port := range []uint16{777, 778} {
		undo := testkit.Must(w.r.PinPort(1, epA, via(port)))(t)
		w.k.queued = map[sockdiag.Name]bool{via(777): true, via(778): true}
		undo()
	}
	w.k.sockets[fd].queue = n + 2
	w.k.unaccepted = []sockdiag.Name{via(777), via(1), via(778)}
	w.dies(1)
	return w, fd
}

func all([]sockdiag.Name) bool { return true }

func TestAcceptUnserved(t *testing.T) {
	w, fd := unserved(t, 3)
	var asked []sockdiag.Name
	if got := w.r.AcceptUnserved(2, func(c []sockdiag.Name) bool { asked = c; return true }); len(got) != 2 || !slices.Equal(asked, []sockdiag.Name{via(1)}) {
		t.Errorf("accepted %d, asked about %v", len(got), asked)
	}
	if got := w.r.AcceptUnserved(0, all); got != nil {
		t.Errorf("without room accepted %v", got)
	}
	w.k.onUnaccepted = func() { w.k.sockets[fd].queue++ } // behind the others, and perhaps of another machine
	if got := w.r.AcceptUnserved(9, all); len(got) != 3 || w.k.sockets[fd].queue != 1 {
		t.Errorf("accepted %d, %d wait", len(got), w.k.sockets[fd].queue)
	}
}

// Nobody is accepted who may not be, and the question is not asked again before another client comes.
func TestAcceptUnservedDenied(t *testing.T) {
	w, fd := unserved(t, 1)
	asked := 0
	no := func([]sockdiag.Name) bool { asked++; return false }
	for range 2 {
		if got := w.r.AcceptUnserved(9, no); got != nil || asked != 1 {
			t.Errorf("accepted %v, asked %d times", got, asked)
		}
	}
	w.k.sockets[fd].queue++
	if got := w.r.AcceptUnserved(9, no); got != nil || asked != 2 || w.k.sockets[fd].queue != 4 {
		t.Errorf("accepted %v, asked %d times", got, asked)
	}
	w.serve(2, epA, false) // and somebody may be accepted whoever was denied before
	w.dies(2)
	if got := w.r.AcceptUnserved(9, all); len(got) != 4 {
		t.Errorf("accepted %v", got)
	}
}
