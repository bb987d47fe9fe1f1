package reuseport

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/handoff"
)

var epB = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:5000")}

// renewed is the younger hotswap over the same kernel; programs and who has
// which socket are the same world's.
func (w *world) renewed() *world {
	w.t.Helper()
	bequests, err := w.r.BeginTransfer()
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range bequests {
		bequests[i].FD = w.k.duplicate(bequests[i].FD)
	}
	y := &world{t: w.t, k: w.k, r: NewRegistry(w.k), owner: w.owner, held: w.held}
	if err := y.r.Inherit(bequests); err != nil {
		w.t.Fatal(err)
	}
	return y
}

// vanishes is the end of all processes of a younger hotswap that failed, whose
// gates were held by nobody else.
func (w *world) vanishes(programs ...handoff.GenID) {
	for fd, owner := range w.owner {
		if slices.Contains(programs, owner) {
			w.k.unlist(fd)
			delete(w.owner, fd)
		}
	}
	_ = w.r.Close()
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

func TestTheYoungerTakesOver(t *testing.T) {
	elder := newWorld(t)
	_, one := elder.serve(1, epA, false)
	younger := elder.renewed()
	elder.reaches(epA, one)
	action, two := younger.serve(2, epA, false)
	if action != Share {
		t.Fatalf("the younger's program was answered by %v", action)
	}
	elder.reaches(epA, one)
	if _, _, err := younger.r.Cutover(2); err != nil {
		t.Fatal(err)
	}
	elder.r.CommitTransfer()
	elder.reaches(epA, two)
	before := elder.k.altered
	elder.dies(1)
	elder.r.Sweep()
	if err := elder.r.Close(); err != nil {
		t.Fatal(err)
	}
	if elder.k.altered != before || !elder.k.sockets[one].listening {
		t.Fatal("the elder altered what is the younger's")
	}
	younger.r.GenerationEnded(Parent)
	younger.agrees(epA)
	younger.reaches(epA, two)
	if !elder.k.sockets[one].closed {
		t.Error("the elder's gate was not closed when it had ended")
	}
}

// Several gates, a dead one that could not leave yet, two endpoints: the
// younger's indexes are right for as many swaps as follow.
func TestInheritedOrderIsTheKernels(t *testing.T) {
	elder := newWorld(t)
	elder.serve(1, epA, false)
	elder.serve(2, epA, false)
	_, three := elder.serve(3, epA, true)
	_, also := elder.serve(3, epA, true)
	elder.serve(3, epB, false)
	elder.r.Cutover(3)
	elder.dies(1)
	elder.reaches(epA, three, also)

	younger := elder.renewed()
	younger.agrees(epA)
	younger.agrees(epB)
	_, four := younger.serve(4, epA, false)
	_, fourB := younger.serve(4, epB, false)
	elder.reaches(epA, three, also)
	younger.r.Cutover(4)
	elder.r.CommitTransfer()
	elder.dies(2)
	elder.dies(3)
	_ = elder.r.Close()
	younger.r.GenerationEnded(Parent)
	younger.reaches(epA, four)
	younger.reaches(epB, fourB)
	_, five := younger.serve(5, epA, false)
	younger.r.Cutover(5)
	younger.dies(4)
	younger.r.Sweep()
	younger.reaches(epA, five)
	younger.agrees(epA)
}

func TestClientsOfTheElderAreNotLost(t *testing.T) {
	elder := newWorld(t)
	_, one := elder.serve(1, epA, false)
	younger := elder.renewed()
	younger.serve(2, epA, false)
	younger.r.Cutover(2)
	elder.r.CommitTransfer()
	elder.k.sockets[one].queue = 3 // not accepted before it ended
	elder.dies(1)
	_ = elder.r.Close()
	if got := younger.r.GenerationEnded(Parent); got != 3 {
		t.Fatalf("stranded %d, want 3", got)
	}
	if got := younger.r.AcceptOrphaned(10); len(got) != 3 || got[0].From != Parent || got[0].To != 2 {
		t.Errorf("accepted %v", got)
	}
	if elder.k.reset != 0 {
		t.Errorf("%d clients reset", elder.k.reset)
	}
}

func TestWhatTheYoungerDoesNotServeIsClosed(t *testing.T) {
	elder := newWorld(t)
	elder.serve(1, epA, false)
	elder.serve(1, epB, false)
	younger := elder.renewed()
	younger.serve(2, epA, false)
	younger.r.Cutover(2)
	if got := younger.r.CloseUnserved(); len(got) != 0 {
		t.Fatalf("abandoned %v while the elder lives", got)
	}
	elder.r.CommitTransfer()
	elder.dies(1)
	_ = elder.r.Close()
	younger.r.GenerationEnded(Parent)
	if got := younger.r.CloseUnserved(); !slices.Equal(got, []handoff.Endpoint{epB}) {
		t.Errorf("abandoned %v, want %v", got, epB)
	}
}

func TestDeclaredEndpointIsInheritedAsSuch(t *testing.T) {
	elder := newWorld(t)
	if err := elder.r.Declare(epA); err != nil {
		t.Fatal(err)
	}
	elder.r.AssignDeclared(1)
	younger := elder.renewed()
	if !younger.r.Declared(epA) || younger.r.Declared(epB) {
		t.Error("the endpoint is not held open any more")
	}
	_, fds, err := younger.r.AssignDeclared(2)
	if err != nil || len(fds) != 1 {
		t.Fatal(fds, err)
	}
	younger.agrees(epA)
	younger.r.Cutover(2)
	younger.reaches(epA, fds[0])
}

// A bequeathed registry leaves the kernel alone, whatever happens.
func TestBequeathedRegistryAltersNothing(t *testing.T) {
	w := newWorld(t)
	w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.serve(2, epB, false)
	w.serve(3, epB, false)
	epC := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:6000")}
	w.serve(1, epC, false) // nobody has it after the death of 1
	if _, err := w.r.BeginTransfer(); err != nil {
		t.Fatal(err)
	}
	before := w.k.altered
	w.r.Cutover(2)
	w.dies(1)
	w.dies(3)
	w.r.Sweep()
	w.r.Waiting(2)
	if got := w.r.CloseUnserved(); len(got) != 0 {
		t.Errorf("abandoned %v", got)
	}
	if _, err := w.r.PinPort(2, epA, via(777)); !errors.Is(err, ErrNoGate) {
		t.Errorf("a probe: %v", err)
	}
	inode, _ := w.k.Inode(two)
	if _, err := w.r.Listen(ListenRequest{Gen: 2, Backlog: 9, Inode: inode, Dup: -1}); err != nil {
		t.Errorf("listening again on a gate: %v", err)
	}
	if err := w.r.Declare(handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:7000")}); err == nil {
		t.Error("a new endpoint was opened")
	}
	if w.k.altered != before {
		t.Fatalf("the kernel's groups were altered %d times", w.k.altered-before)
	}
	// What was decided meanwhile is done when it may be.
	if err := w.r.AbortTransfer(); err != nil {
		t.Fatal(err)
	}
	w.reaches(epA, two)
	w.agrees(epA)
	w.agrees(epB)
	if got := w.r.CloseUnserved(); !slices.Equal(got, []handoff.Endpoint{epC}) {
		t.Errorf("abandoned %v after the recall, want %v", got, epC)
	}
}

func TestBindsWaitForWhatComesOfTheRenewal(t *testing.T) {
	for _, fails := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.serve(1, epA, false)
			if _, err := w.r.BeginTransfer(); err != nil {
				t.Fatal(err)
			}
			bound, listened, allotted := make(chan error, 1), make(chan error, 1), make(chan error, 1)
			dup := w.k.socket(epB)
			inode, _ := w.k.Inode(dup)
			go func() {
				_, err := w.r.Bind(BindRequest{
					Gen: 2, Endpoint: epA, Inspectable: true,
					StillOpen: func(uint64) bool { return false }, Foreign: func(func(uint64) bool) bool { return false },
				})
				bound <- err
			}()
			go func() {
				_, err := w.r.Listen(ListenRequest{Gen: 2, Inode: inode, Endpoint: epB, Dup: dup})
				listened <- err
			}()
			go func() {
				_, _, err := w.r.AssignDeclared(2)
				allotted <- err
			}()
			synctest.Wait()
			for _, c := range []chan error{bound, listened, allotted} {
				select {
				case err := <-c:
					t.Fatalf("it did not wait: %v", err)
				default:
				}
			}
			if fails {
				_ = w.r.AbortTransfer()
			} else {
				w.r.CommitTransfer()
			}
			for _, c := range []chan error{bound, listened, allotted} {
				if err := <-c; (err == nil) != fails || err != nil && !errors.Is(err, syscall.EADDRINUSE) {
					t.Errorf("the renewal failed: %v; the answer is %v", fails, err)
				}
			}
		})
	}
}

// Whatever order the gates of a failed younger hotswap leave in, the elder's
// keep their places.
func TestRecallAfterTheYoungerHadJoined(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}} {
		for _, cutover := range []bool{false, true} {
			elder := newWorld(t)
			_, one := elder.serve(1, epA, false)
			elder.serve(2, epA, false)
			elder.r.Cutover(1)
			younger := elder.renewed()
			var extra []int
			for range 3 {
				_, fd := younger.serve(3, epA, true)
				extra = append(extra, fd)
			}
			if cutover {
				younger.r.Cutover(3)
			}
			for _, i := range order {
				elder.k.unlist(extra[i])
			}
			younger.vanishes(3)
			if err := elder.r.AbortTransfer(); err != nil {
				t.Fatal(err)
			}
			elder.agrees(epA)
			elder.reaches(epA, one)
			elder.r.Cutover(2)
			elder.dies(1)
			_, four := elder.serve(4, epA, false)
			elder.r.Cutover(4)
			elder.dies(2)
			elder.reaches(epA, four)
			elder.agrees(epA)
		}
	}
}

func TestRecallAfterAProgramShutItsGate(t *testing.T) {
	elder := newWorld(t)
	_, one := elder.serve(1, epA, false)
	elder.serve(2, epA, false)
	_, three := elder.serve(3, epA, false)
	elder.r.Cutover(3)
	younger := elder.renewed()
	younger.serve(4, epA, true)
	younger.serve(4, epA, true)
	elder.k.unlist(one)
	younger.vanishes(4)
	if err := elder.r.AbortTransfer(); err != nil {
		t.Fatal(err)
	}
	elder.agrees(epA)
	elder.reaches(epA, three)
}

func TestWhatIsOverCannotBeBequeathed(t *testing.T) {
	w := newWorld(t)
	w.serve(1, epA, false)
	w.r.BeginTransfer()
	if _, err := w.r.BeginTransfer(); err == nil {
		t.Error("bequeathed twice")
	}
	w.r.CommitTransfer()
	if !w.r.Transferred() {
		t.Error("not surrendered")
	}
	if _, err := w.r.BeginTransfer(); err == nil {
		t.Error("bequeathed after the surrender")
	}
	if err := w.r.AbortTransfer(); err != nil || !w.r.Transferred() {
		t.Error("recalled after the surrender")
	}
	_ = w.r.Close()
	if _, err := w.r.BeginTransfer(); !errors.Is(err, ErrClosed) {
		t.Errorf("bequeathed after the end: %v", err)
	}
}
