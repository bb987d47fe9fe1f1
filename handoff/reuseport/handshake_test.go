package reuseport

import (
	"testing"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

func TestHalfOpenHandshakeKeepsTheOldGate(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.serve(2, epA, false)
	w.k.halfOpen = []sockdiag.Name{via(99)}
	w.r.Cutover(2)
	w.dies(1)
	if w.k.sockets[one].closed {
		t.Fatal("the old gate was closed while a handshake was under way")
	}
	if w.r.Waiting(2) != 1 {
		t.Error("a handshake under way does not count as waiting")
	}
	w.k.halfOpen = nil
	if _, pending := w.r.Sweep(); pending != 0 || !w.k.sockets[one].closed {
		t.Errorf("pending %d after the handshake ended", pending)
	}
}

// A handshake may end, and its client be in the queue, at any moment: also
// between a look at the one and a look at the other.
func TestHandshakeThatEndsWhileWeLook(t *testing.T) {
	for _, hook := range []string{"handshakes", "queue"} {
		begin := func(t *testing.T) (w *world, one int) {
			w = newWorld(t)
			_, one = w.serve(1, epA, false)
			w.serve(2, epA, false)
			w.k.halfOpen = []sockdiag.Name{via(99)}
			w.r.Cutover(2)
			ends := func() {
				if w.k.halfOpen != nil {
					w.k.halfOpen = nil
					w.k.sockets[one].queue++
				}
			}
			if hook == "queue" {
				w.k.onQueue = ends
			} else {
				w.k.onHalfOpen = ends
			}
			return w, one
		}
		t.Run("waiting, at the look at the "+hook, func(t *testing.T) {
			w, _ := begin(t)
			if n := w.r.Waiting(1); n == 0 {
				t.Error("nobody waits")
			}
		})
		t.Run("retired, at the look at the "+hook, func(t *testing.T) {
			w, one := begin(t)
			w.dies(1)
			if w.k.sockets[one].closed || w.k.reset != 0 {
				t.Errorf("the gate was closed with %d in its queue", w.k.reset)
			}
		})
	}
}
