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

// adopt has the registry adopt what is lent.
func (w *world) adopt(clients int) (lent int) {
	w.t.Helper()
	lent, dup := w.lend(clients)
	testkit.NoError(w.t, w.r.Adopt(epA, dup))
	return lent
}

// A hotswap that has upgraded another hands back although the other has not ended.
func TestLentSocketIsHandedBackDuringAnUpgrade(t *testing.T) {
	w := newWorld(t)
	lent := w.adopt(0)
	w.serve(1, epA, false)
	w.serve(2, epA, false)
	w.r.Cutover(2)
	w.dies(1)
	child := w.renewed()
	_, fd := child.serve(3, epA, false)
	child.r.Cutover(3)
	w.r.Release()
	child.reaches(epA, fd)
	if !child.r.HandBack(3) {
		t.Error("not handed back")
	}
	child.reaches(epA, lent)
	child.agrees(epA)
}

// Where no second socket may be bound, one generation after the other is given the
// lent one.
func TestLentSocketThatIsSingle(t *testing.T) {
	for name, why := range map[string]error{"of another user": syscall.EADDRINUSE, "of a privileged port": syscall.EACCES} {
		w := newWorld(t)
		lent, dup := w.lend(2)
		w.k.sockets[lent].foreign = why
		if err := w.r.Adopt(epA, dup); !errors.Is(err, ErrSingle) || !errors.Is(err, why) {
			t.Fatal(name, err)
		}
		for gen := handoff.GenID(1); gen <= 3; gen++ {
			if held, err := w.r.ParkConnections(gen - 1); held || err != nil {
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

func TestLentSocketOutlivesAll(t *testing.T) {
	w := newWorld(t)
	lent := w.adopt(3)
	w.reaches(epA, lent)
	if len(w.k.group(epA).array) != 1 {
		t.Error("the second socket is still there")
	}
	// The first generation has it, with those who wait.
	if action, fd := w.serve(1, epA, false); action != Inject || w.k.sockets[fd] != w.k.sockets[lent] {
		t.Fatalf("bind was answered by %v %d", action, fd)
	}
	if w.r.HandBack(1) {
		t.Error("handed back, and generation 1 accepts there")
	}
	w.k.sockets[lent].queue = 0
	for gen := handoff.GenID(2); gen <= 4; gen++ {
		action, fd := w.serve(gen, epA, false)
		if action != Inject {
			t.Errorf("generation %d: %v", gen, action)
		}
		w.r.Cutover(gen)
		w.reaches(epA, fd)
		w.dies(gen - 1)
		if n := len(w.k.group(epA).array); n > 3 { // one may wait for its turn to leave
			t.Errorf("%d sockets: the lent one and that of the generation are to be left", n)
		}
	}
	if w.r.HandBack(3) {
		t.Error("a generation that is gone had its clients handed back")
	}
	if !w.r.HandBack(4) {
		t.Error("not handed back")
	}
	w.reaches(epA, lent)
	w.dies(4)
	w.k.sockets[lent].queue = 1
	testkit.NoError(t, w.r.Close())
	if s := w.k.sockets[lent]; !s.listening || s.queue != 1 || s.closed || w.k.reset != 0 {
		t.Errorf("the activator's socket after the end: %+v, %d reset", s, w.k.reset)
	}
	w.reaches(epA, lent)
}
