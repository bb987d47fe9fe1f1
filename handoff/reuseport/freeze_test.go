package reuseport

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

var epB = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:5000")}

// renewed is the child hotswap over the same kernel; programs and who has
// which socket are the same world's.
func (w *world) renewed() *world {
	w.t.Helper()
	gates, fds, err := w.r.Freeze()
	testkit.NoError(w.t, err)
	for i := range fds {
		fds[i] = w.k.duplicate(fds[i])
	}
	y := &world{t: w.t, k: w.k, r: NewRegistry(w.k), owner: w.owner, held: w.held}
	testkit.NoError(w.t, y.r.Inherit(testkit.Left(w.t, gates, fds)))
	return y
}

// vanishes is the end of all processes of a child hotswap that failed, whose
// gates were held by nobody else.
func (w *world) vanishes(programs ...handoff.GenID) {
	for fd, owner := range w.owner {
		if slices.Contains(programs, owner) {
			w.k.unlist(fd)
			delete(w.owner, fd)
		}
	}
	w.r.Close()
}

// agrees demands that the registry's books are the kernel's.
func (w *world) agrees(e handoff.Endpoint) {
	w.t.Helper()
	var books []int
	if g := w.r.groups[e]; g != nil {
		for _, gate := range g.members {
			books = append(books, w.k.sockets[gate.fd].first)
		}
	}
	if !slices.Equal(books, w.k.group(e).array) {
		w.t.Fatalf("the registry has %v, the kernel %v", books, w.k.group(e).array)
	}
}

func TestDeclaredEndpointIsInheritedAsSuch(t *testing.T) {
	parent := newWorld(t)
	testkit.NoError(t, parent.r.Declare(epA, 0))
	parent.r.AssignDeclared(1)
	child := parent.renewed()
	if !child.r.Declared(epA) || child.r.Declared(epB) {
		t.Error("the endpoint is not held open any more")
	}
	_, fds, err := child.r.AssignDeclared(2)
	if err != nil || len(fds) != 1 {
		t.Fatal(fds, err)
	}
	child.agrees(epA)
	child.r.Cutover(2)
	child.reaches(epA, fds[0])
}

// A registry that was handed over leaves the kernel alone, whatever happens.
func TestFrozenRegistryAltersNothing(t *testing.T) {
	w := newWorld(t)
	w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.serve(2, epB, false)
	w.serve(3, epB, false)
	epC := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:6000")}
	w.serve(1, epC, false) // nobody has it after the death of 1
	testkit.NoError(t, freeze(w.r))
	before := w.k.altered
	w.r.Cutover(2)
	w.dies(1)
	w.dies(3)
	w.r.Sweep()
	w.r.Waiting(2)
	w.r.CloseUnserved()
	if _, err := w.r.PinPort(2, epA, via(777)); !errors.Is(err, ErrNoGate) {
		t.Errorf("a probe: %v", err)
	}
	inode, _, _ := w.k.Inode(two)
	if _, err := w.r.Listen(ListenRequest{Gen: 2, Backlog: 9, Inode: inode, Dup: -1}); err != nil {
		t.Errorf("listening again on a gate: %v", err)
	}
	if err := w.r.Declare(handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:7000")}, 0); err == nil {
		t.Error("a new endpoint was opened")
	}
	if w.k.altered != before {
		t.Fatalf("the kernel's groups were altered %d times", w.k.altered-before)
	}
	// What was decided meanwhile is done when it may be.
	testkit.NoError(t, w.r.Thaw())
	w.reaches(epA, two)
	w.agrees(epA)
	w.agrees(epB)
	w.r.CloseUnserved()
	if len(w.k.targets(epC)) > 0 || len(w.k.targets(epA)) == 0 {
		t.Error("what is unserved is open after the recall, or what is served is closed")
	}
}

func TestBindsWaitForTheEndOfAnUpgrade(t *testing.T) {
	for _, fails := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.serve(1, epA, false)
			testkit.NoError(t, freeze(w.r))
			dup := w.k.socket(epB)
			inode, _, _ := w.k.Inode(dup)
			answers := make(chan error, 3)
			go func() {
				_, err := w.r.Bind(BindRequest{Gen: 2, Endpoint: epA, Inspectable: true})
				answers <- err
			}()
			go func() {
				_, err := w.r.Listen(ListenRequest{Gen: 2, Inode: inode, Endpoint: epB, Dup: dup})
				answers <- err
			}()
			go func() {
				_, _, err := w.r.AssignDeclared(2)
				answers <- err
			}()
			synctest.Wait()
			if len(answers) > 0 {
				t.Fatalf("%d did not wait", len(answers))
			}
			if fails {
				_ = w.r.Thaw()
			} else {
				w.r.Release()
			}
			for range cap(answers) {
				if err := <-answers; (err == nil) != fails || err != nil && !errors.Is(err, syscall.EADDRINUSE) {
					t.Errorf("the renewal failed: %v; the answer is %v", fails, err)
				}
			}
		})
	}
}

// Whatever order the gates of a failed child hotswap leave in, and whether a program shuts its gate meanwhile, the
// parent's keep their places.
func TestRecallAfterTheChildHadJoined(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		for variant := range 4 {
			cutover, shuts := variant&1 != 0, variant&2 != 0
			parent := newWorld(t)
			_, five := parent.serve(5, epA, false)
			_, one := parent.serve(1, epA, false)
			parent.serve(2, epA, false)
			parent.r.Cutover(1)
			child := parent.renewed()
			var extra []int
			for range 3 {
				_, fd := child.serve(3, epA, true)
				extra = append(extra, fd)
			}
			if cutover {
				child.r.Cutover(3)
			}
			if shuts {
				parent.k.unlist(five)
			}
			for _, i := range order {
				parent.k.unlist(extra[i])
			}
			child.vanishes(3)
			testkit.NoError(t, parent.r.Thaw())
			parent.agrees(epA)
			parent.reaches(epA, one)
			parent.r.Cutover(2)
			parent.dies(1)
			_, four := parent.serve(4, epA, false)
			parent.r.Cutover(4)
			parent.dies(2)
			parent.reaches(epA, four)
			parent.agrees(epA)
		}
	}
}

// The child steers while a registry is frozen, so no probe of the registry counts that was under way then.
func TestProbeDuringAFreezeHasNotHeld(t *testing.T) {
	for _, thawed := range []bool{false, true} {
		w := newWorld(t)
		w.serve(1, epA, false)
		unpin := testkit.Must(w.r.PinPort(1, epA, via(777)))(t)
		testkit.NoError(t, freeze(w.r))
		if thawed {
			testkit.NoError(t, w.r.Thaw())
		}
		if unpin() {
			t.Errorf("thawed %v: a probe that began before has held", thawed)
		}
		if again, err := w.r.PinPort(1, epA, via(777)); thawed && (err != nil || !again()) {
			t.Errorf("a probe after the freeze: %v", err)
		}
	}
}

func freeze(r *Registry) error {
	_, _, err := r.Freeze()
	return err
}

// A client at the gate of a dead generation does not wait for the end of an upgrade. After the release the child passes
// on all clients.
func TestOrphanedClientsOfAFrozenRegistry(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.serve(2, epA, false)
	w.r.Cutover(2)
	w.k.sockets[one].queue = 2
	w.dies(1)
	testkit.NoError(t, freeze(w.r))
	if got := w.r.AcceptOrphaned(1); len(got) != 1 || got[0].To != 2 {
		t.Errorf("while frozen: %v", got)
	}
	w.r.Release()
	if got := w.r.AcceptOrphaned(1); len(got) > 0 {
		t.Errorf("after the release: %v", got)
	}
}
