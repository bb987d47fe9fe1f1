package reuseport

import (
	"errors"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// runs has the generation's sockets open in one process.
func (w *world) runs(gen handoff.GenID, fds ...int) {
	w.k.open = map[int][]int{int(gen): slices.Clone(fds)}
	w.r.SetProcesses(gen, func() ([]int, error) { return []int{int(gen)}, nil })
}

// closes takes the socket from the generation's process.
func (w *world) closes(gen handoff.GenID, fd int) {
	w.k.open[int(gen)] = slices.DeleteFunc(w.k.open[int(gen)], func(x int) bool { return x == fd })
	inode, _, _ := w.k.Inode(fd)
	delete(w.held, inode)
}

func TestOurOwnConnectionsAreNoClients(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	for _, port := range []uint16{777, 778} {
		undo := testkit.Must(w.r.PinPort(1, epA, via(port)))(t)
		w.k.queued = map[sockdiag.Name]bool{via(777): true, via(778): true}
		w.k.sockets[one].queue++
		undo()
	}
	if n := w.r.Waiting(1); n != 0 {
		t.Errorf("%d clients wait, both connections are ours", n)
	}
	w.k.sockets[one].queue++ // a client behind them
	if n := w.r.Waiting(1); n != 1 {
		t.Errorf("%d clients wait, want 1", n)
	}
	delete(w.k.queued, via(777)) // the program has accepted one of ours
	w.k.sockets[one].queue--
	if n := w.r.Waiting(1); n != 1 {
		t.Errorf("%d clients wait, want 1", n)
	}
	w.serve(2, epA, false)
	w.r.Cutover(2)
	w.k.sockets[one].queue = 1 // the other one of ours alone
	w.dies(1)
	if !w.k.sockets[one].closed {
		t.Error("not closed: only a connection of ours waits")
	}
}

// A listener that the program has closed is known as such after two looks, and no more when the program listens again.
func TestClosedListener(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.runs(1, one)
	closed := func(want bool) {
		t.Helper()
		w.r.findClosed(1)
		if got := w.r.Closed(1, epA); got != want {
			t.Errorf("closed: %v", got)
		}
	}
	closed(false)
	w.closes(1, one)
	w.k.sockets[one].queue = 3
	closed(false) // it may be on its way to another process
	closed(true)
	if n := w.r.Waiting(1); n != 0 {
		t.Errorf("%d clients wait for a program that accepts none", n)
	}
	if action, fd := w.serve(1, epA, false); action != Inject || fd != one {
		t.Errorf("it listens again: %v %d, want its gate %d, where clients wait", action, fd, one)
	}
	w.k.open[1] = []int{one}
	closed(false)
	if n := w.r.Waiting(1); n != 3 {
		t.Errorf("%d clients wait, want 3", n)
	}
	w.closes(1, one)
	w.k.blind = errors.New("not dumpable")
	closed(false)
	closed(false)
	closed(false) // what cannot be known is not guessed
}
