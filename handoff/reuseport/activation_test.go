package reuseport

import (
	"errors"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// lend is the socket of an activator at epA, where clients wait. dup is the registry's.
func (w *world) lend(clients int) (lent, dup int) {
	w.t.Helper()
	lent = w.k.socket(epA)
	w.k.sockets[lent].listening, w.k.sockets[lent].queue = true, clients
	w.k.group(epA).array = []int{lent}
	return lent, w.k.duplicate(lent)
}

// Where no second socket may be bound, one generation after the other is given the
// lent one.
func TestLentSocketThatIsSingle(t *testing.T) {
	for name, why := range map[string]error{"of another user": syscall.EADDRINUSE,
		"of a privileged port": syscall.EACCES} {
		w := newWorld(t)
		lent, dup := w.lend(2)
		w.k.sockets[lent].foreign = why
		if err := w.r.Adopt(epA, dup); !errors.Is(err, ErrSingle) || !errors.Is(err, why) {
			t.Fatal(name, err)
		}
		for gen := handoff.GenID(1); gen <= 3; gen++ {
			if held, err := w.r.QueueConnections(gen - 1); held || err != nil {
				t.Errorf("%s: held %v, %v: there is no second queue", name, held, err)
			}
			if action, fd := w.serve(gen, epA, false); action != Inject || w.k.sockets[fd] != w.k.sockets[lent] {
				t.Fatalf("%s, generation %d: %v %d", name, gen, action, fd)
			}
			if _, _, err := w.r.Cutover(gen); err != nil {
				t.Error(name, err)
			}
			w.dies(gen)
		}
		w.r.Close()
		if !w.k.shut[dup] {
			t.Errorf("%s: the registry's descriptor is open", name)
		}
		if s := w.k.sockets[lent]; !s.listening || s.queue != 2 || w.k.reset != 0 {
			t.Errorf("%s: %+v, %d reset", name, s, w.k.reset)
		}
	}
}

// A client that came to the second socket before the program was attached is
// passed on.
func TestClientAtTheSecondSocket(t *testing.T) {
	w := newWorld(t)
	lent, dup := w.lend(0)
	second := 0
	w.k.onHalfOpen = func() {
		w.k.onHalfOpen = nil
		second = w.k.group(epA).array[1]
		w.k.sockets[second].queue = 1
	}
	testkit.NoError(t, w.r.Adopt(epA, dup))
	w.reaches(epA, lent)
	w.serve(1, epA, false)
	if got := w.r.AcceptOrphaned(10); len(got) != 1 || got[0].To != 1 {
		t.Errorf("passed on: %+v", got)
	}
	w.r.Sweep()
	if !w.k.sockets[second].closed || w.k.reset != 0 {
		t.Error("the second socket is still there, or its client was reset")
	}
}
