package reuseport

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// renewals is a story of hotswaps that renew each other.
type renewals struct {
	*world                   // that serves, or did until the child cut over
	child    *world          // nil: no renewal is under way
	took     bool            // the child has cut over; the parent drains
	alive    []handoff.GenID // of the parent
	children []handoff.GenID // of the child
	last     handoff.GenID
	serving  handoff.GenID
}

// strays says whether a client that reaches the socket does so although
// generations serve, of which it is none.
func (s *renewals) strays(fd int) bool {
	owner := s.owner[fd]
	return s.serving != 0 && owner != s.serving
}

// acting is the hotswap that has the mandate, with its generations.
func (s *renewals) acting() (*world, *[]handoff.GenID) {
	if s.child != nil {
		return s.child, &s.children
	}
	return s.world, &s.alive
}

func (s *renewals) die(w *world, gens *[]handoff.GenID, gen handoff.GenID) {
	if gen == s.serving {
		s.serving = 0
	}
	w.dies(gen)
	*gens = slices.DeleteFunc(*gens, func(x handoff.GenID) bool { return x == gen })
}

// fails ends the child before it cut over; its gates leave in some order.
func (s *renewals) fails(pick int) {
	var fds []int
	for fd, owner := range s.owner {
		if slices.Contains(s.children, owner) {
			fds = append(fds, fd)
		}
	}
	slices.Sort(fds)
	for len(fds) > 0 {
		i := pick % len(fds)
		s.k.unlist(fds[i])
		delete(s.owner, fds[i])
		fds = slices.Delete(fds, i, i+1)
	}
	// Also those whose generation died before it.
	for _, g := range s.child.r.groups {
		for _, gate := range g.members {
			if gate.owner != Parent {
				s.k.unlist(gate.fd)
			}
		}
	}
	_ = s.child.r.Close()
	s.child, s.children = nil, nil
	if err := s.r.AbortTransfer(); err != nil {
		s.t.Fatal(err)
	}
}

// succeeds is the end of the parent.
func (s *renewals) succeeds() {
	for _, gen := range slices.Clone(s.alive) {
		s.die(s.world, &s.alive, gen)
	}
	_ = s.r.Close()
	s.child.r.GenerationEnded(Parent)
	s.world, s.alive = s.child, s.children
	s.child, s.children, s.took = nil, nil, false
}

func (s *renewals) step(b byte) {
	w, gens := s.acting()
	pick := int(b) / 10
	switch b % 10 {
	case 0, 1: // a new generation listens, on one gate or two
		if len(*gens) > 4 {
			return
		}
		s.last++
		*gens = append(*gens, s.last)
		w.serve(s.last, epA, b%10 == 1)
		if b%10 == 1 {
			w.serve(s.last, epA, true)
		}
	case 2, 9:
		if len(*gens) == 0 {
			return
		}
		s.serving = (*gens)[pick%len(*gens)]
		if _, _, err := w.r.Cutover(s.serving); err != nil {
			s.t.Fatal(err)
		}
		if s.child != nil && !s.took {
			s.took = true
			s.r.CommitTransfer()
		}
	case 3:
		if len(*gens) > 0 {
			s.die(w, gens, (*gens)[pick%len(*gens)])
		}
	case 4: // of the parent, whether it has the mandate or not
		if len(s.alive) > 0 {
			s.die(s.world, &s.alive, s.alive[pick%len(s.alive)])
		}
	case 5: // a client arrives
		if fds := s.k.targets(epA); len(fds) > 0 {
			s.k.sockets[fds[pick%len(fds)]].queue++
		}
	case 6: // everything that lives accepts
		for fd := range s.owner {
			s.k.sockets[fd].queue = 0
		}
	case 7:
		w.r.AcceptOrphaned(1 + pick)
		s.r.Sweep()
		w.r.Sweep()
	case 8:
		switch {
		case s.child == nil && s.serving != 0:
			s.child = s.renewed()
		case s.child != nil && s.took:
			s.succeeds()
		case s.child != nil:
			s.fails(pick)
		}
	}
}

// FuzzRenewal plays hotswaps that renew each other, with success and without,
// while generations come, crash and strand clients. Nobody who waits may be
// reset, and new connections reach the generation that serves.
func FuzzRenewal(f *testing.F) {
	f.Add([]byte{0, 2, 8, 0, 2, 5, 8, 7, 0, 2, 4, 8, 1, 8, 1, 2})
	f.Add([]byte{0, 1, 2, 3, 8, 1, 0, 8, 0, 2, 8, 1, 11, 20, 4, 8, 7, 0, 2})
	f.Fuzz(func(t *testing.T, steps []byte) {
		s := &renewals{world: newWorld(t)}
		s.k.onLeave = func() {
			for _, fd := range s.k.targets(epA) {
				if s.strays(fd) {
					t.Fatal("a client strays while a gate leaves")
				}
			}
		}
		for _, b := range steps {
			s.step(b)
			if s.k.reset != 0 {
				t.Fatal("clients were reset")
			}
			w, _ := s.acting()
			w.agrees(epA)
			targets := s.k.targets(epA)
			if s.serving != 0 && len(targets) == 0 {
				t.Fatal("the port is closed")
			}
			for _, fd := range targets {
				if s.strays(fd) {
					t.Fatalf("a new connection reaches a gate of generation %d, but %d serves", s.owner[fd], s.serving)
				}
			}
		}
	})
}
