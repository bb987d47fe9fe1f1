package handoff

import (
	"slices"
	"testing"
)

// FuzzRegistry plays generations that come, serve, crash, strand clients and
// go, and checks after each step that the kernel sends new connections where
// the registry believes, and that nobody who waits was reset.
func FuzzRegistry(f *testing.F) {
	f.Add([]byte{0, 0, 2, 4, 6, 0, 2, 4, 6})
	f.Add([]byte{0, 0, 0, 2, 5, 3, 4, 1, 7, 6, 0, 4})
	f.Fuzz(func(t *testing.T, steps []byte) {
		w := newWorld(t)
		alive := []GenID{}
		last := GenID(0)
		serving := GenID(0)
		w.k.onLeave = func() {
			for _, fd := range w.k.targets(epA) {
				if serving != 0 && w.owner[fd] != serving {
					t.Fatal("a client strays while a gate leaves")
				}
			}
		}
		for _, b := range steps {
			pick := func() GenID {
				if len(alive) == 0 {
					return 0
				}
				return alive[int(b>>3)%len(alive)]
			}
			switch b % 8 {
			case 0, 1: // a new generation listens, on one gate or two
				if len(alive) > 5 {
					continue
				}
				last++
				alive = append(alive, last)
				w.serve(last, epA, b%8 == 1)
				if b%8 == 1 {
					w.serve(last, epA, true)
				}
				if serving == 0 {
					if _, _, err := w.r.Cutover(last); err != nil {
						t.Fatal(err)
					}
					serving = last
				}
			case 2, 3:
				if g := pick(); g != 0 {
					if _, _, err := w.r.Cutover(g); err != nil {
						t.Fatal(err)
					}
					serving = g
				}
			case 4: // dies
				if g := pick(); g != 0 {
					if g == serving {
						serving = 0
					}
					w.dies(g)
					alive = slices.DeleteFunc(alive, func(x GenID) bool { return x == g })
				}
			case 5: // a client arrives
				if fds := w.k.targets(epA); len(fds) > 0 {
					w.k.sockets[fds[int(b>>3)%len(fds)]].queue++
				}
			case 6: // everything that lives accepts
				for fd := range w.owner {
					w.k.sockets[fd].queue = 0
				}
			case 7:
				w.r.Sweep()
			}
			if w.k.reset != 0 {
				t.Fatal("clients were reset")
			}
			targets := w.k.targets(epA)
			if last > 0 && len(targets) == 0 {
				t.Fatal("the port is closed")
			}
			if serving != 0 {
				for _, fd := range targets {
					if w.owner[fd] != serving {
						t.Fatalf("a new connection reaches a gate of generation %d, but %d serves", w.owner[fd], serving)
					}
				}
			}
		}
	})
}
