package reuseport

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// story is that of hotswaps that upgrade each other, with their generations.
type story struct {
	*world                   // that serves, or did until the child cut over
	child    *world          // nil: no upgrade is under way
	took     bool            // the child has cut over; the parent drains
	alive    []handoff.GenID // of the parent
	children []handoff.GenID // of the child
	last     handoff.GenID
	serving  handoff.GenID
	listened bool                  // a generation has
	stranger int                   // another program's socket; 0: none
	by       map[int]handoff.GenID // whose each socket is or was
	unseen   map[int]bool          // programs have closed these sockets since the last look
	// one has opened a closed socket again: others that are closed may get clients until the next look
	again bool
}

// serve is serve of the world, in which the registry can look at the program's sockets.
func (s *story) serve(w *world, gen handoff.GenID, reuseport bool) BindAction {
	action, fd := w.serve(gen, epA, reuseport)
	if action != PassThrough {
		first := s.k.sockets[fd].first
		s.again = s.again || s.by[first] == gen
		s.by[first] = gen
		delete(s.unseen, first)
		s.k.open[int(gen)] = append(s.k.open[int(gen)], first)
		w.r.SetProcesses(gen, func() ([]int, error) { return []int{int(gen)}, nil })
	}
	return action
}

// own are the sockets of an endpoint but for the stranger's.
func (s *story) own(fds []int) []int {
	return slices.DeleteFunc(slices.Clone(fds), func(fd int) bool { return fd == s.stranger })
}

// looks lets the registry see what programs have closed.
func (s *story) looks() {
	for range 2 {
		for _, gen := range s.alive {
			s.r.findClosed(gen)
		}
	}
	clear(s.unseen)
	s.again = false
}

// sweep demands that the port is free if no program has it open any more, and those to which clients go have closed it.
// Who waits where a generation has served may be refused then. After a crash clients wait.
func (s *story) sweep() {
	free := s.child == nil && len(s.owner)+len(s.unseen) == 0 && len(s.own(s.k.group(epA).array)) > 0
	if free {
		defer func(before, refused int) { s.k.reset = max(before, s.k.reset-refused) }(s.k.reset, s.refusable())
	}
	if g := s.r.groups[epA]; g != nil { // the kernel's routes are old when the stranger has left
		free = free && !slices.ContainsFunc(g.steered, func(m *Gate) bool {
			return !slices.Contains(s.alive, s.by[s.k.sockets[m.fd].first])
		})
	}
	for _, fd := range s.own(s.k.group(epA).array) { // clients of a generation that boots wait for its next listener
		at := s.k.sockets[fd]
		free = free && (at.queue == 0 || s.r.ready[s.by[at.first]])
	}
	hasServed := func(gen handoff.GenID) bool { return s.r.ready[gen] }
	if free || len(s.owner) == 0 && slices.ContainsFunc(s.alive, hasServed) {
		s.serving, s.listened = 0, false // where clients still wait the port stays open for now
	}
	s.r.Sweep()
	if !free {
		return
	}
	if left := s.own(s.k.group(epA).array); len(left) > 0 {
		s.t.Fatalf("nobody serves the port, and %v listen", left)
	}
}

// refusable counts the clients who wait where a generation has served that has closed the port.
func (s *story) refusable() (n int) {
	for _, fd := range s.own(s.k.group(epA).array) {
		if at := s.k.sockets[fd]; s.r.ready[s.by[at.first]] {
			n += at.queue
		}
	}
	return n
}

// strays reports whether a client that reaches one of the sockets does so although another generation serves, whose
// program has not closed the port.
func (s *story) strays(fds []int) bool {
	return s.serving != 0 && len(s.k.open[int(s.serving)]) > 0 && slices.ContainsFunc(fds, func(fd int) bool {
		return cmp.Or(s.owner[fd], s.by[fd]) != s.serving
	})
}

// acting is the hotswap that has the mandate, with its generations.
func (s *story) acting() (*world, *[]handoff.GenID) {
	if s.child != nil {
		return s.child, &s.children
	}
	return s.world, &s.alive
}

func (s *story) die(w *world, gens *[]handoff.GenID, gen handoff.GenID) {
	if gen == s.serving {
		s.serving = 0
	}
	delete(s.k.open, int(gen))
	maps.DeleteFunc(s.unseen, func(fd int, _ bool) bool { return s.by[fd] == gen })
	w.dies(gen)
	*gens = slices.DeleteFunc(*gens, func(x handoff.GenID) bool { return x == gen })
}

// fails ends the child before it cut over; its gates leave in some order.
func (s *story) fails(pick int) {
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
	s.child.r.Close()
	s.child, s.children = nil, nil
	testkit.NoError(s.t, s.r.Thaw())
}

// succeeds is the end of the parent.
func (s *story) succeeds() {
	for _, gen := range slices.Clone(s.alive) {
		s.die(s.world, &s.alive, gen)
	}
	s.r.Close()
	s.child.r.GenerationEnded(Parent)
	s.world, s.alive = s.child, s.children
	s.child, s.children, s.took = nil, nil, false
}

func (s *story) step(b byte) {
	w, gens := s.acting()
	op, pick := b%13, int(b)/13
	one := func() handoff.GenID { return (*gens)[pick%len(*gens)] }
	switch {
	case op < 2: // a new generation listens, on one gate or two
		if len(*gens) > 4 {
			return
		}
		s.last++
		if s.serve(w, s.last, op == 1) == PassThrough {
			return // the stranger was there first
		}
		*gens, s.listened = append(*gens, s.last), true
		if op == 1 {
			s.serve(w, s.last, true)
		}
	case op == 2 && len(*gens) > 0 && len(s.k.open[int(one())]) > 0:
		s.serving = one()
		if _, _, err := w.r.Cutover(s.serving); err != nil {
			s.t.Fatal(err)
		}
		if s.child != nil && !s.took {
			s.took = true
			s.r.Release()
		}
	case op == 3 && len(*gens) > 0:
		s.die(w, gens, one())
	case op == 4 && len(s.alive) > 0: // of the parent, whether it has the mandate or not
		s.die(s.world, &s.alive, s.alive[pick%len(s.alive)])
	case op == 5: // a client arrives
		if fds := s.k.targets(epA); len(fds) > 0 {
			s.k.sockets[fds[pick%len(fds)]].queue++
		}
	case op == 6: // everything that lives accepts
		for fd := range s.owner {
			s.k.sockets[fd].queue = 0
		}
	case op == 7:
		w.r.AcceptOrphaned(1 + pick)
		s.sweep()
		if s.child != nil {
			w.r.Sweep()
		}
	case op == 8 && s.child != nil && s.took:
		s.succeeds()
	case op == 8 && s.child != nil:
		s.fails(pick)
	case op == 8 && s.serving != 0 && s.stranger == 0:
		s.child = s.renewed()
	case op == 9 && len(*gens) > 0 && len(s.owner) < 12: // one more gate of a generation
		s.serve(w, one(), true)
	case op == 10 && s.child == nil: // another program's socket joins or leaves, and a drain looks
		if s.stranger == 0 {
			s.stranger = s.k.stranger(epA)
		} else {
			s.k.sockets[s.stranger].queue = 0
			s.k.unlist(s.stranger)
			s.stranger = 0
		}
		s.sweep()
	case op == 11 && len(s.alive) > 0 && s.child == nil: // a program closes one of its sockets
		gen := one()
		if open := s.k.open[int(gen)]; len(open) > 0 {
			fd := open[pick%len(open)]
			w.closes(gen, fd)
			delete(s.owner, fd)
			s.unseen[fd] = true
		}
	case op == 12 && s.child == nil:
		s.looks()
		s.r.AcceptOrphaned(99)
		s.sweep()
	}
}

// FuzzRegistry plays hotswaps that upgrade each other, with success and without, while generations come, serve, close
// their sockets, crash and strand clients, and a stranger comes and goes. Nobody who waits may be reset, and new
// connections reach all gates of the generation that serves, and no other. The port is closed only when those that
// serve it have closed it.
func FuzzRegistry(f *testing.F) {
	f.Add([]byte{0, 2, 0, 2, 3, 6, 0, 2, 3, 6})
	f.Add([]byte{0, 2, 0, 0, 2, 5, 2, 3, 1, 7, 6, 0, 3})
	f.Add([]byte{0, 2, 1, 22, 5, 18, 9, 22, 16, 7, 0, 35, 3, 0, 22, 2})
	f.Add([]byte{0, 2, 10, 0, 2, 3, 6, 10, 0, 2})
	f.Add([]byte{0, 2, 8, 0, 2, 5, 8, 7, 0, 2, 4, 8, 1, 8, 1, 2})
	f.Add([]byte{0, 1, 2, 3, 8, 1, 0, 8, 0, 2, 8, 1, 14, 26, 4, 8, 7, 0, 2})
	f.Add([]byte{1, 2, 11, 12, 5, 11, 12, 0, 2, 0, 11, 2, 11, 12})
	f.Add([]byte{0, 2, 11, 5, 9, 12, 0, 2, 11, 12, 3, 12, 0})
	f.Add([]byte{0, 5, 11, 12})
	f.Add([]byte{1, 0, 5, 15, 24, 3, 12})
	f.Add([]byte("B1z171AC2Z"))
	f.Add([]byte("B0221922Z"))
	f.Add([]byte("B1YZ92Z0A0"))
	f.Add([]byte("0ACcA9CA0cx92Z"))
	f.Add([]byte("AAAx79C79A12Z0"))
	f.Add([]byte("AAA711C2A2A9Z*1l2b"))
	f.Add([]byte("0A0A0AA00A2290770x\x020x2Z71"))
	f.Fuzz(func(t *testing.T, steps []byte) {
		s := &story{world: newWorld(t), by: map[int]handoff.GenID{}, unseen: map[int]bool{}}
		s.k.open = map[int][]int{}
		s.k.onLeave = func() {
			if s.strays(s.k.targets(epA)) {
				t.Fatal("a client strays while a gate leaves")
			}
		}
		for _, b := range steps {
			s.step(b)
			if s.k.reset != 0 {
				t.Fatal("clients were reset")
			}
			if w, _ := s.acting(); s.stranger == 0 {
				w.agrees(epA)
			}
			if s.listened && len(s.own(s.k.targets(epA))) == 0 {
				if len(s.owner) > 0 || len(s.alive) == 0 { // a program has it open, or all have crashed
					t.Fatal("the port is closed")
				}
				s.serving, s.listened = 0, false
			}
			if s.serving != 0 && len(s.unseen) == 0 && !s.again && len(s.k.open[int(s.serving)]) > 0 {
				s.served(s.serving)
			}
		}
	})
}

// served demands that all gates of the one that serves get new connections, and no others.
func (w *world) served(serving handoff.GenID) {
	w.t.Helper()
	var fds []int
	for fd, owner := range w.owner {
		if owner == serving {
			fds = append(fds, fd)
		}
	}
	w.reaches(epA, fds...)
}
