package reuseport

import (
	"errors"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// lend is the socket of an activator at epA, where clients wait.
func (w *world) lend(clients int) int {
	w.t.Helper()
	fd := w.k.socket(epA)
	w.k.sockets[fd].listening, w.k.sockets[fd].queue = true, clients
	w.k.group(epA).array = []int{fd}
	return fd
}

func TestLentSocketOutlivesAll(t *testing.T) {
	w := newWorld(t)
	lent := w.lend(3)
	if err := w.r.Adopt(epA, w.k.duplicate(lent)); err != nil {
		t.Fatal(err)
	}
	w.reaches(epA, lent)
	if len(w.k.group(epA).array) != 1 {
		t.Error("the second socket is still there")
	}
	// The first generation has it, with those who wait.
	if action, fd := w.serve(1, epA, false); action != Inject || w.k.sockets[fd] != w.k.sockets[lent] {
		t.Fatalf("bind was answered by %v %d", action, fd)
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
	if err := w.r.Close(); err != nil {
		t.Fatal(err)
	}
	if s := w.k.sockets[lent]; !s.listening || s.queue != 1 || s.closed || w.k.reset != 0 {
		t.Errorf("the activator's socket after the end: %+v, %d reset", s, w.k.reset)
	}
	w.reaches(epA, lent)
}

// A hotswap that has upgraded another hands back although the other has not ended.
func TestLentSocketIsHandedBackDuringAnUpgrade(t *testing.T) {
	w := newWorld(t)
	lent := w.lend(0)
	if err := w.r.Adopt(epA, w.k.duplicate(lent)); err != nil {
		t.Fatal(err)
	}
	w.serve(1, epA, false)
	w.serve(2, epA, false)
	w.r.Cutover(2)
	w.dies(1)
	child := w.renewed()
	_, fd := child.serve(3, epA, false)
	child.r.Cutover(3)
	w.r.CommitTransfer()
	child.reaches(epA, fd)
	if !child.r.HandBack(3) {
		t.Error("not handed back")
	}
	child.reaches(epA, lent)
	child.agrees(epA)
}

// The first generation accepts from the lent socket itself.
func TestNothingToHandBack(t *testing.T) {
	w := newWorld(t)
	if err := w.r.Adopt(epA, w.k.duplicate(w.lend(0))); err != nil {
		t.Fatal(err)
	}
	w.serve(1, epA, false)
	if w.r.HandBack(1) {
		t.Error("handed back, and generation 1 accepts there")
	}
}

// A program may shut its listening socket down (haproxy): a lent one listens again.
func TestLentSocketThatWasShutDown(t *testing.T) {
	w := newWorld(t)
	lent := w.lend(0)
	if err := w.r.Adopt(epA, w.k.duplicate(lent)); err != nil {
		t.Fatal(err)
	}
	w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.r.Cutover(2)
	w.k.unlist(lent)
	w.dies(1)
	if !w.k.sockets[lent].listening {
		t.Error("it does not listen")
	}
	w.reaches(epA, two)
	if !w.r.HandBack(2) {
		t.Error("not handed back")
	}
	w.reaches(epA, lent)
}

// Where no second socket may be bound, one generation after the other is given the
// lent one.
func TestLentSocketThatIsSingle(t *testing.T) {
	for name, why := range map[string]error{"of another user": syscall.EADDRINUSE, "of a privileged port": syscall.EACCES} {
		t.Run(name, func(t *testing.T) { testSingle(t, why) })
	}
}

func testSingle(t *testing.T, why error) {
	w := newWorld(t)
	lent := w.lend(2)
	w.k.sockets[lent].foreign = why
	dup := w.k.duplicate(lent)
	if err := w.r.Adopt(epA, dup); !errors.Is(err, ErrSingle) || !errors.Is(err, why) {
		t.Fatal(err)
	}
	for gen := handoff.GenID(1); gen <= 3; gen++ {
		if held, err := w.r.ParkConnections(gen - 1); held || err != nil {
			t.Errorf("held %v, %v: there is no second queue", held, err)
		}
		if action, fd := w.serve(gen, epA, false); action != Inject || w.k.sockets[fd] != w.k.sockets[lent] {
			t.Fatalf("generation %d: %v %d", gen, action, fd)
		}
		if _, _, err := w.r.Cutover(gen); err != nil {
			t.Error(err)
		}
		w.dies(gen)
	}
	w.r.Close()
	if !w.k.shut[dup] {
		t.Error("the registry's descriptor is open")
	}
	if s := w.k.sockets[lent]; !s.listening || s.queue != 2 || w.k.reset != 0 {
		t.Errorf("%+v, %d reset", s, w.k.reset)
	}
}

// A client that came to the second socket before the program was attached is
// passed on.
func TestClientAtTheSecondSocket(t *testing.T) {
	w := newWorld(t)
	lent := w.lend(0)
	second := 0
	w.k.onHalfOpen = func() {
		w.k.onHalfOpen = nil
		second = w.k.group(epA).array[1]
		w.k.sockets[second].queue = 1
	}
	if err := w.r.Adopt(epA, w.k.duplicate(lent)); err != nil {
		t.Fatal(err)
	}
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
