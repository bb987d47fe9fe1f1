package reuseport

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// divided demands that so many in a hundred reach these, the rest those.
func (w *world) divided(e handoff.Endpoint, percent int, trial, rest []int) {
	w.t.Helper()
	gotTrial, gotRest, got := w.k.split(e)
	if got != percent || !slices.Equal(gotTrial, trial) || !slices.Equal(gotRest, rest) {
		w.t.Fatalf("%d %% go to %v and the rest to %v, want %d %% to %v and the rest to %v", got, gotTrial, gotRest, percent, trial, rest)
	}
}

func (w *world) canary(gen handoff.GenID, percent int, want ...handoff.Endpoint) {
	w.t.Helper()
	got, _, err := w.r.Canary(gen, percent)
	if err != nil || !slices.Equal(got, want) {
		w.t.Fatalf("canary of generation %d: %v %v, want %v", gen, got, err, want)
	}
}

func TestCanaryDividesWhatBothServe(t *testing.T) {
	w := newWorld(t)
	epC := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:6000")}
	_, one := w.serve(1, epA, false)
	_, oneB := w.serve(1, epB, false)
	_, two := w.serve(2, epA, false)
	_, twoC := w.serve(2, epC, false)
	w.canary(2, 20, epA, epC)
	w.divided(epA, 20, []int{two}, []int{one})
	w.reaches(epB, oneB)
	w.reaches(epC, twoC)
	w.canary(2, 60, epA, epC)
	w.divided(epA, 60, []int{two}, []int{one})
	w.r.Cutover(2)
	w.reaches(epA, two)
	w.reaches(epB, oneB)
	w.dies(1)
	w.reaches(epA, two)
}

func TestCanaryEndsByACutoverBack(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.serve(2, epA, false)
	w.canary(2, 20, epA)
	w.r.Cutover(1)
	w.reaches(epA, one)
}

func TestCanaryReplacesAnother(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	_, oneB := w.serve(1, epB, false)
	_, two := w.serve(2, epA, false)
	_, twoB := w.serve(2, epB, false)
	_, three := w.serve(3, epA, false)
	w.canary(2, 20, epA, epB)
	w.canary(3, 5, epA)
	w.divided(epA, 5, []int{three}, []int{one})
	w.reaches(epB, oneB)
	w.canary(2, 20, epA, epB)
	w.divided(epA, 20, []int{two}, []int{one})
	w.divided(epB, 20, []int{twoB}, []int{oneB})
	w.r.Cutover(3)
	w.reaches(epA, three)
	w.reaches(epB, oneB) // the cutover ends the canary here too
}

func TestCanaryOfAPercentageThatIsNone(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.serve(2, epA, false)
	for _, percent := range []int{-1, 0, 100} {
		if _, _, err := w.r.Canary(2, percent); err == nil {
			t.Errorf("%d was taken", percent)
		}
	}
	w.reaches(epA, one)
}

func TestCanaryWhereNobodyServesIsACutover(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.k.sockets[one].queue = 1
	w.dies(1)
	w.canary(2, 20, epA)
	w.reaches(epA, two)
	if w.k.reset != 0 {
		t.Error("who waited was reset")
	}
}

func TestFurtherGateDuringACanary(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, true)
	_, two := w.serve(2, epA, true)
	w.canary(2, 20, epA)
	_, also := w.serve(2, epA, true)
	w.divided(epA, 20, []int{two, also}, []int{one})
	_, too := w.serve(1, epA, true)
	w.divided(epA, 20, []int{two, also}, []int{one, too})
	w.serve(3, epA, true)
	w.divided(epA, 20, []int{two, also}, []int{one, too})
	w.serve(1, epB, false)
	_, twoB := w.serve(2, epB, false)
	w.canary(2, 20, epA, epB)
	if trial, _, percent := w.k.split(epB); percent != 20 || !slices.Equal(trial, []int{twoB}) {
		t.Errorf("the further endpoint: %d %% to %v", percent, trial)
	}
}

// Nobody is sent to a gate of which the process is gone, whichever of the two.
func TestDeathDuringACanary(t *testing.T) {
	for dead, name := range map[handoff.GenID]string{1: "the old one", 2: "the canary"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			fd := map[handoff.GenID]int{}
			_, fd[1] = w.serve(1, epA, false)
			_, fd[2] = w.serve(2, epA, false)
			w.canary(2, 20, epA)
			w.k.sockets[fd[dead]].queue = 2
			w.k.halfOpen = map[netip.AddrPort]struct{}{netip.MustParseAddrPort("10.0.0.1:99"): {}}
			w.dies(dead)
			w.reaches(epA, fd[3-dead])
			w.k.sockets[fd[dead]].queue = 0
			w.r.Sweep()
			if w.k.sockets[fd[dead]].closed {
				t.Error("closed while a handshake with it was under way")
			}
			w.k.halfOpen = nil
			w.r.Sweep()
			w.serve(4, epA, false)
			w.reaches(epA, fd[3-dead])
			w.dies(3 - dead)
			w.reaches(epA, fd[3-dead]) // its clients wait for the next bind
			if w.k.reset != 0 {
				t.Errorf("%d clients were reset", w.k.reset)
			}
		})
	}
}

func TestCanaryShutsItsGateDownByItself(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.canary(2, 20, epA)
	w.k.unlist(two)
	w.r.Sweep()
	w.reaches(epA, one)
	inode, _ := w.k.Inode(two)
	if _, err := w.r.Listen(ListenRequest{Gen: 2, Inode: inode, Dup: -1}); err != nil {
		t.Fatal(err)
	}
	w.divided(epA, 20, []int{two}, []int{one})
	w.k.unlist(one)
	w.r.Sweep()
	w.reaches(epA, two)
}

func TestHoldDuringACanaryLeavesTheOther(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	w.serve(2, epA, false)
	w.canary(2, 20, epA)
	if held, err := w.r.ParkConnections(2); !held || err != nil {
		t.Fatal(held, err)
	}
	w.reaches(epA, one)
}

// The child hotswap knows of one generation that serves. If it fails, the
// canary goes on.
func TestRenewalDuringACanary(t *testing.T) {
	w := newWorld(t)
	_, one := w.serve(1, epA, false)
	_, two := w.serve(2, epA, false)
	w.canary(2, 20, epA)
	child := w.renewed()
	w.reaches(epA, one)
	child.serve(3, epA, false)
	w.reaches(epA, one)
	if _, _, err := w.r.Canary(2, 30); err == nil {
		t.Error("the parent may steer")
	}
	child.vanishes(3)
	if err := w.r.AbortTransfer(); err != nil {
		t.Fatal(err)
	}
	w.divided(epA, 20, []int{two}, []int{one})

	child = w.renewed()
	w.dies(2)
	child.serve(4, epA, false)
	w.reaches(epA, one)
	child.vanishes(4)
	if err := w.r.AbortTransfer(); err != nil {
		t.Fatal(err)
	}
	w.reaches(epA, one)
}
