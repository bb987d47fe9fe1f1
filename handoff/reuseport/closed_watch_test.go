package reuseport

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// workers are several listeners of generation 1 at epA, watched. The function tells how often that has looked.
func (w *world) workers(n int) (fds []int, looked func() int32) {
	for range n {
		_, fd := w.serve(1, epA, true)
		fds = append(fds, fd)
	}
	w.runs(1, fds...)
	var calls atomic.Int32
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	go w.r.WatchClosed(ctx, func() {
		calls.Add(1)
		w.r.Sweep()
	})
	synctest.Wait() // the first look is over, so that the test may write
	return fds, calls.Load
}

// settle lasts until Watch must have seen what has changed. The lock is for the race
// detector: Watch takes it after the test has written.
func (w *world) settle(d time.Duration) {
	func() { w.k.mu.Lock(); defer w.k.mu.Unlock() }()
	time.Sleep(d)
	synctest.Wait()
}

const settled = 4 * closedEvery

func TestClosedWorkerGetsNoClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fds, looked := w.workers(3)
		w.settle(settled)
		w.reaches(epA, fds...)
		w.closes(1, fds[1])
		w.k.sockets[fds[1]].queue = 2 // came before anybody knew
		w.settle(settled)
		w.reaches(epA, fds[0], fds[2])
		if looked() == 0 {
			t.Error("nobody was told of the clients that wait")
		}
		got := w.r.AcceptOrphaned(10)
		if len(got) != 2 || got[0].To != 1 {
			t.Errorf("passed on: %+v", got)
		}
		// The next worker is given the gate, and its share of the clients.
		if action, fd := w.serve(1, epA, true); action != Inject || fd != fds[1] {
			t.Errorf("the next worker's bind: %v %d, want %d", action, fd, fds[1])
		}
		w.k.open[1] = []int{fds[0], fds[1], fds[2]}
		w.reaches(epA, fds...)
		w.settle(settled)
		w.reaches(epA, fds...)
		if w.k.reset != 0 {
			t.Errorf("%d clients were reset", w.k.reset)
		}
	})
}

// Clients are refused within a second where a program has closed its last listener. Before that the program may listen
// again.
func TestLastListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fds, _ := w.workers(2)
		w.r.Cutover(1)
		w.closes(1, fds[0])
		w.settle(settled)
		w.reaches(epA, fds[1])
		w.closes(1, fds[1])
		w.settle(closedEvery)
		w.k.sockets[fds[1]].queue = 2
		if action, _ := w.serve(1, epA, true); action != Inject {
			t.Errorf("it listens again: %v, want its gate", action)
		}
		w.k.open[1] = slices.Clone(fds)
		w.settle(settled)
		w.reaches(epA, fds...)
		if w.k.reset != 0 {
			t.Errorf("%d clients were reset", w.k.reset)
		}
		w.k.sockets[fds[1]].queue = 0
		for _, fd := range fds {
			w.closes(1, fd)
		}
		w.settle(time.Second)
		if !w.k.sockets[fds[0]].closed || !w.k.sockets[fds[1]].closed || len(w.r.groups) > 0 {
			t.Error("hotswap keeps the port")
		}
		if ready, fresh := w.r.IsReady(1, epA); ready || !fresh {
			t.Errorf("ready %v, fresh %v: what it opens next is a start", ready, fresh)
		}
	})
}

// A program may try a port and then serve it at another address: clients that come meanwhile wait until the generation
// is ready.
func TestClientsOfATriedPortWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fds, _ := w.workers(1)
		w.k.sockets[fds[0]].queue = 1
		w.closes(1, fds[0])
		w.settle(10 * time.Second)
		if w.k.sockets[fds[0]].closed || w.k.reset != 0 {
			t.Error("a client is reset while the generation boots")
		}
		w.r.Cutover(1)
		w.settle(time.Second)
		if !w.k.sockets[fds[0]].closed {
			t.Error("hotswap keeps the port")
		}
	})
}

// The gate of a generation that has died is its heir's, who may close it.
func TestHeirsListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fds, _ := w.workers(1)
		w.settle(settled)
		w.dies(1)
		w.settle(settled)
		w.runs(2)
		w.settle(settled)
		if action, _ := w.serve(2, epA, false); action != Inject {
			t.Fatalf("the heir gets %v", action)
		}
		w.settle(time.Second)
		if !w.k.sockets[fds[0]].closed {
			t.Error("hotswap keeps the port")
		}
	})
}

func declare(w *world) {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	w.r.groups[epA].declared = true
}

// What is not known to be closed stays open: of a process that has ended, as by a crash, whoever starts it again gets
// the gate; of a descriptor that is on its way to another process, that process.
func TestNotClosedByTheProgram(t *testing.T) {
	for name, happens := range map[string]func(w *world, fd int){
		"its process has died": func(w *world, _ int) { w.k.open = map[int][]int{} },
		"its process dies soon": func(w *world, fd int) {
			w.closes(1, fd)
			w.settle(closedEvery)
			w.k.open = map[int][]int{}
		},
		"it is on its way":      func(w *world, fd int) { w.k.inFlight = true; w.closes(1, fd) },
		"it cannot be known":    func(w *world, fd int) { w.k.blind = errors.New("not dumpable"); w.closes(1, fd) },
		"the user asked for it": func(w *world, fd int) { declare(w); w.closes(1, fd) },
		"an older one has it": func(w *world, fd int) {
			w.serve(2, epA, false)
			w.r.Cutover(2)
			w.r.SetProcesses(2, func() ([]int, error) { return nil, nil })
		},
		"the next one is awaited": func(w *world, fd int) {
			w.r.QueueConnections(1)
			w.closes(1, fd)
			w.k.sockets[fd].queue = 1
		},
		"its generation died": func(w *world, fd int) { w.closes(1, fd); w.dies(1) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				fds, _ := w.workers(1)
				w.settle(settled)
				happens(w, fds[0])
				w.settle(settled)
				if len(w.k.targets(epA)) == 0 || w.k.sockets[fds[0]].closed || w.k.reset > 0 {
					t.Error("the port is closed")
				}
			})
		})
	}
}

// A process that has a socket which no table shows keeps it: hotswap ends only its own duplicate.
func TestGivenUpIsNoShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fds, _ := w.workers(1)
		w.k.duplicate(fds[0])
		w.closes(1, fds[0])
		w.settle(time.Second)
		w.reaches(epA, fds[0])
		if len(w.r.gates) > 0 {
			t.Error("hotswap keeps the socket")
		}
	})
}

// A cutover and a probe pass over what is closed.
func TestClosedListenerIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, one := w.serve(1, epA, false)
		_, a := w.serve(2, epA, true)
		_, b := w.serve(2, epA, true)
		w.runs(2, a, b)
		w.reaches(epA, one)
		w.k.queued = map[sockdiag.Name]bool{via(777): true, via(778): true}
		aim := func(port uint16, want int) {
			t.Helper()
			undo := testkit.Must(w.r.PinPort(2, epA, via(port)))(t)
			if g := w.k.group(epA); g.array[g.route.Pin.Index] != want {
				t.Errorf("aimed at %d, want %d", g.array[g.route.Pin.Index], want)
			}
			undo()
		}
		aim(777, a)
		w.closes(2, a)
		for range 4 {
			if w.r.Closed(2, epA) {
				t.Error("the generation has another listener")
			}
			w.r.findClosed(2)
		}
		if _, waits, _ := w.r.closedTo(2, epA, via(777)); !waits {
			t.Error("the first probe waits at the closed listener")
		}
		aim(778, b)
		if _, waits, _ := w.r.closedTo(2, epA, via(778)); waits {
			t.Error("the second probe waits at the open listener")
		}
		w.r.Cutover(2)
		w.reaches(epA, b)
	})
}

// All tables are read only when a listener is not where it was, and what is read is bounded in time.
func TestWatchIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fds, _ := w.workers(2)
		w.settle(time.Hour)
		if w.k.looks != 1 {
			t.Errorf("%d looks, and nothing changes", w.k.looks)
		}
		w.closes(1, fds[1])
		const cost = 200 * time.Millisecond
		w.r.SetProcesses(1, func() ([]int, error) {
			time.Sleep(cost)
			return []int{1}, nil
		})
		w.settle(time.Hour)
		if most := int(time.Hour / (watchShare * cost)); w.k.looks == 0 || w.k.looks > most {
			t.Errorf("%d looks in an hour, each takes %v", w.k.looks, cost)
		}
	})
}

// Programs use ports of UDP for a while, as many as they may: the ports of closed sockets are free again, and the
// others stay.
func TestClosedDatagramSocketsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		at := func(port int) handoff.Endpoint {
			return handoff.Endpoint{Network: "udp4", Addr: netip.AddrPortFrom(epA.Addr.Addr(), uint16(port))}
		}
		fds, _ := w.workers(1)
		serve := func(gen handoff.GenID, port int) (fd int) {
			_, fd = w.serve(gen, at(port), true)
			synctest.Wait() // it wakes WatchClosed
			return fd
		}
		bind := func(port int) (fd int) {
			fd = serve(1, port)
			w.k.mu.Lock()
			defer w.k.mu.Unlock()
			w.k.open[1] = append(w.k.open[1], fd)
			return fd
		}
		stays := bind(1)
		for round := range 3 {
			var session []int
			for port := range maxGates/2 - 2 {
				session = append(session, bind(2+port))
			}
			w.settle(settled)
			w.reaches(at(2), session[0])
			for _, fd := range session {
				w.closes(1, fd)
			}
			w.settle(settled)
			for _, fd := range session {
				if !w.k.sockets[fd].closed {
					t.Fatalf("round %d: the port of a closed socket is in use", round)
				}
			}
		}
		w.r.Sweep()
		if len(w.r.groups) != 2 {
			t.Errorf("%d groups, and two addresses are served", len(w.r.groups))
		}
		w.reaches(at(1), stays)
		w.reaches(epA, fds...)
		// Of several at one address the closed ones leave, behind a cutover too.
		second := bind(1)
		w.settle(settled)
		w.reaches(at(1), stays, second)
		w.closes(1, stays)
		w.settle(2 * settled)
		w.reaches(at(1), second)
		next := serve(2, 1)
		w.closes(1, second)
		w.settle(settled)
		if w.k.sockets[second].closed {
			t.Error("the steered socket is gone before the cutover")
		}
		w.r.Cutover(2)
		w.settle(settled)
		w.reaches(at(1), next)
		if !w.k.sockets[stays].closed || !w.k.sockets[second].closed {
			t.Error("closed sockets stay open")
		}
	})
}

// A program that listens at all addresses to see whether the port is free, and then at one, as Vite does, refuses the
// others again, and what it has only tried. What it goes on serving stays.
func TestTriedAddressesAreClosed(t *testing.T) {
	for name, tt := range map[string]struct {
		closes, single, declared, v6only bool
		stays                            bool
	}{
		"of IPv6 alone":   {closes: true, single: true, v6only: true},
		"tried":           {closes: true, single: true},
		"served":          {single: true, stays: true},
		"the only one":    {closes: true},
		"the user's wish": {closes: true, single: true, declared: true, stays: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				all := handoff.Endpoint{Network: "tcp6", Addr: netip.AddrPortFrom(netip.IPv6Unspecified(), epA.Port()),
					V6Only: tt.v6only}
				if tt.declared {
					testkit.NoError(t, w.r.Declare(all, 0))
				}
				ctx, cancel := context.WithCancel(context.Background())
				t.Cleanup(cancel)
				go w.r.WatchClosed(ctx, func() {
					w.r.AcceptOrphaned(9)
					w.r.Sweep()
				})
				_, tried := w.serve(1, all, false)
				fds := []int{tried}
				if tt.single {
					_, one := w.serve(1, epA, false)
					fds = append(fds, one)
				}
				w.runs(1, fds...)
				synctest.Wait()
				if tt.closes {
					w.closes(1, tried)
				}
				w.settle(settled)
				if stays := len(w.k.targets(all)) > 0; stays != tt.stays {
					t.Errorf("listens at all addresses: %v", stays)
				}
				if tt.single {
					w.reaches(epA, fds[1])
				}
			})
		})
	}
}
