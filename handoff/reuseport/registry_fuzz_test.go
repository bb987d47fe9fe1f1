package reuseport

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// FuzzRegistry plays generations that come, serve, crash, strand clients and
// go, and checks after each step that the kernel sends new connections where
// the registry believes, and that nobody who waits was reset.
func FuzzRegistry(f *testing.F) {
	f.Add([]byte{0, 0, 2, 4, 6, 0, 2, 4, 6})
	f.Add([]byte{0, 0, 0, 2, 5, 3, 4, 1, 7, 6, 0, 4})
	f.Add([]byte{0, 1, 18, 5, 15, 9, 19, 14, 7, 0, 28, 4, 0, 18, 2})
	f.Add([]byte{0, 207, 0, 2, 4, 6, 207, 0, 2})
	f.Fuzz(func(t *testing.T, steps []byte) {
		w := newWorld(t)
		alive := []handoff.GenID{}
		last := handoff.GenID(0)
		serving := handoff.GenID(0)
		stranger, served := 0, false
		takes := func(g handoff.GenID) {
			if serving == 0 {
				if _, _, err := w.r.Cutover(g); err != nil {
					t.Fatal(err)
				}
				serving = g
			}
		}
		w.k.onLeave = func() {
			for _, fd := range w.k.targets(epA) {
				if owner := w.owner[fd]; serving != 0 && (owner != serving) {
					t.Fatal("a client strays while a gate leaves")
				}
			}
		}
		for _, b := range steps {
			pick := func() handoff.GenID {
				if len(alive) == 0 {
					return 0
				}
				return alive[int(b)/10%len(alive)]
			}
			switch b % 10 {
			case 0, 1: // a new generation listens, on one gate or two
				if len(alive) > 5 {
					continue
				}
				last++
				if action, _ := w.serve(last, epA, b%10 == 1); action == PassThrough {
					continue // the stranger was there first
				}
				alive, served = append(alive, last), true
				if b%10 == 1 {
					w.serve(last, epA, true)
				}
				takes(last)
			case 2, 3:
				if g := pick(); g != 0 {
					if _, _, err := w.r.Cutover(g); err != nil {
						t.Fatal(err)
					}
					serving = g
				}
			case 8, 9: // one more gate of a generation
				if g := pick(); g != 0 && len(w.owner) < 12 {
					w.serve(g, epA, true)
					takes(g)
				}
			case 4: // dies
				if g := pick(); g != 0 {
					if g == serving {
						serving = 0
					}
					w.dies(g)
					alive = slices.DeleteFunc(alive, func(x handoff.GenID) bool { return x == g })
				}
			case 5: // a client arrives
				if fds := w.k.targets(epA); len(fds) > 0 {
					w.k.sockets[fds[int(b)/10%len(fds)]].queue++
				}
			case 6: // everything that lives accepts
				for fd := range w.owner {
					w.k.sockets[fd].queue = 0
				}
			case 7:
				if b >= 200 { // another program's socket joins or leaves, and is seen
					if stranger == 0 {
						stranger = w.k.stranger(epA)
					} else {
						w.k.sockets[stranger].queue = 0
						w.k.unlist(stranger)
						stranger = 0
					}
					w.r.newStrangers(map[handoff.Endpoint]bool{})
				}
				w.r.AcceptOrphaned(1 + int(b)/10)
				w.r.Sweep()
			}
			if w.k.reset != 0 {
				t.Fatal("clients were reset")
			}
			targets := w.k.targets(epA)
			if served && len(targets) == 0 {
				t.Fatal("the port is closed")
			}
			if serving != 0 {
				w.served(serving)
			}
		}
	})
}

// served demands that all gates of the one that serves get new connections.
func (w *world) served(serving handoff.GenID) {
	w.t.Helper()
	var fds []int
	for fd, owner := range w.owner {
		if owner == serving {
			fds = append(fds, fd)
		}
	}
	slices.Sort(fds)
	w.reaches(epA, fds...)
}
