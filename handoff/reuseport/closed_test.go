package reuseport

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// port is an endpoint like epA at another port.
func port(n uint16) handoff.Endpoint {
	e := epA
	e.Addr = netip.AddrPortFrom(e.Addr.Addr(), n)
	return e
}

// runs has the generation's sockets open in one process.
func (w *world) runs(gen handoff.GenID, fds ...int) {
	w.k.open = map[int][]int{int(gen): slices.Clone(fds)}
	w.r.SetProcesses(gen, func() ([]int, error) { return []int{int(gen)}, nil })
}

// closes takes the socket from the generation's process.
func (w *world) closes(gen handoff.GenID, fd int) {
	w.k.open[int(gen)] = slices.DeleteFunc(w.k.open[int(gen)], func(x int) bool { return x == fd })
	inode, _ := w.k.Inode(fd)
	w.held[inode] = false
}

func TestOurOwnConnectionsAreNoClients(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	for _, port := range []uint16{777, 778} {
		undo, err := w.r.PinPort(1, epA, via(port))
		if err != nil {
			t.Fatal(err)
		}
		w.k.queued = map[Conn]bool{via(777): true, via(778): true}
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
	if orphaned := w.dies(1); orphaned != 0 || !w.k.sockets[one].closed {
		t.Errorf("%d orphaned, closed %v: only a connection of ours waits", orphaned, w.k.sockets[one].closed)
	}
}

// A listener that the program has closed is known as such after a second, and no
// more when the program listens again.
func TestClosedListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, one := w.serve(1, epA, false)
		w.runs(1, one)
		closed := func(want bool) {
			t.Helper()
			if got := w.r.Closed(1, epA); got != want {
				t.Errorf("closed: %v", got)
			}
		}
		closed(false)
		w.closes(1, one)
		w.k.sockets[one].queue = 3
		time.Sleep(lookEvery)
		closed(false) // it may be on its way to another process
		time.Sleep(closedFor)
		closed(true)
		if n := w.r.Waiting(1); n != 0 {
			t.Errorf("%d clients wait for a program that accepts none", n)
		}
		if action, fd := w.serve(1, epA, false); action != Inject || fd != one {
			t.Errorf("it listens again: %v %d, want its gate %d, where clients wait", action, fd, one)
		}
		closed(false)
		if n := w.r.Waiting(1); n != 3 {
			t.Errorf("%d clients wait, want 3", n)
		}
		w.k.open[1] = []int{one}
		time.Sleep(10 * closedFor)
		closed(false)
		w.closes(1, one)
		w.k.blind = errors.New("not dumpable")
		time.Sleep(10 * closedFor)
		closed(false) // what cannot be known is not guessed
	})
}

// The processes are looked at now and then, however often somebody asks.
func TestLooksAreRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, one := w.serve(1, epA, false)
		w.runs(1, one)
		w.k.sockets[one].queue = 1
		for range 1000 {
			time.Sleep(time.Millisecond)
			w.r.Waiting(1)
			w.r.Closed(1, epA)
		}
		if w.k.looks > 2 {
			t.Errorf("%d looks in a second", w.k.looks)
		}
	})
}

// free leaves hotswap so many descriptors of a hundred; it wants a quarter.
func (w *world) free(n int) {
	w.k.limit, w.k.used = 100, 0
	open, _, _ := w.k.Descriptors()
	w.k.used = 100 - n - open
}

func TestSpare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.k.limit = 100
		var fds []int
		for n := range 60 {
			_, fd := w.serve(1, port(5000+uint16(n)), false)
			fds = append(fds, fd)
		}
		declared := port(6000)
		if err := w.r.Declare(declared); err != nil {
			t.Fatal(err)
		}
		w.runs(1, fds...)
		spare := func(from, to uint16) {
			t.Helper()
			var want []handoff.Endpoint
			for ; from < to; from++ {
				want = append(want, port(from))
			}
			if got, _ := w.r.FreeDescriptors(); !slices.Equal(got, want) {
				t.Errorf("given up %v, want %v", got, want)
			}
		}
		w.free(10)
		spare(0, 0) // all are open
		time.Sleep(lookEvery)
		for _, fd := range fds[:50] {
			w.closes(1, fd)
		}
		w.free(25)
		looks := w.k.looks
		spare(0, 0)
		if w.k.looks > looks {
			t.Error("looked although there are descriptors enough")
		}
		w.k.blind = errors.New("not dumpable")
		w.free(20)
		spare(0, 0)
		w.k.blind = nil
		w.r.SetProcesses(1, func() ([]int, error) { return nil, errors.New("no descriptors to look with") })
		spare(0, 0)
		w.r.SetProcesses(1, func() ([]int, error) { return []int{1}, nil })
		w.k.sockets[fds[1]].queue = 1
		if got, _ := w.r.FreeDescriptors(); len(got) != 30 || slices.Contains(got, port(5001)) { // 50 are free now
			t.Errorf("given up %v, want 30, and not where a client waits", got)
		}
		w.free(0)
		if got, _ := w.r.FreeDescriptors(); len(got) != 20 || !slices.Contains(got, port(5001)) {
			t.Errorf("given up %v, want the rest", got)
		}
		spare(0, 0)
		for n := range uint16(10) {
			if len(w.k.targets(port(5050+n))) != 1 {
				t.Errorf("%v was given up: the program has it open", port(5050+n))
			}
		}
		if len(w.k.targets(declared)) != 1 {
			t.Error("a declared endpoint was given up")
		}
		if action, _ := w.serve(1, port(5000), false); action != Share {
			t.Errorf("the program listens there again: %v", action)
		}
	})
}

// However many descriptors a process may have, so many are kept free and no more.
func TestSpareIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for n := range uint16(2*sparesAtMost + 10) {
			w.serve(1, port(5000+n), false)
		}
		w.runs(1)
		free := func(n int) {
			w.k.limit, w.k.used = 1<<20, 0
			open, _, _ := w.k.Descriptors()
			w.k.used = w.k.limit - n - open
		}
		free(sparesAtMost)
		if got, _ := w.r.FreeDescriptors(); got != nil {
			t.Errorf("%d are free, and %d were given up", sparesAtMost, len(got))
		}
		free(0)
		if got, _ := w.r.FreeDescriptors(); len(got) != 2*sparesAtMost {
			t.Errorf("%d were given up, want %d", len(got), 2*sparesAtMost)
		}
	})
}

// Those go first that were closed first.
func TestSpareKeepsWhatWasClosedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var fds []int
		for n := range uint16(3) {
			_, fd := w.serve(1, port(5000+n), false)
			fds = append(fds, fd)
		}
		w.runs(1, fds...)
		w.closes(1, fds[1])
		w.closes(1, fds[2])
		w.r.Closed(1, epA)
		time.Sleep(lookEvery)
		w.closes(1, fds[0])
		w.k.limit, w.k.used = 4, 1 // none is free, one is to be: two are made free
		if got, _ := w.r.FreeDescriptors(); !slices.Equal(got, []handoff.Endpoint{port(5001), port(5002)}) {
			t.Errorf("%v", got)
		}
	})
}
