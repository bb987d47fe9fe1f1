package place

import (
	"bufio"
	"cmp"
	"encoding/gob"
	"slices"
)

// begin reads what the parent hands over. It reports false if that cannot be read.
func (s *Server) begin(fd int) bool {
	f := newFile(fd)
	defer f.Close()
	t := &travel{}
	if err := gob.NewDecoder(bufio.NewReaderSize(f, 1<<20)).Decode(t); err != nil {
		return false
	}
	s.peer.left = t
	return s.part(-1)
}

// part takes the next descriptor, and everything when it was the last.
func (s *Server) part(fd int) bool {
	t := s.peer.left
	if t == nil {
		closeFD(fd)
		return false
	}
	if fd >= 0 {
		t.fds = append(t.fds, fd)
	}
	if len(t.fds) < t.wants() {
		return true
	}
	s.peer.left = nil
	s.arrive(t)
	return true
}

// wants returns the number of descriptors.
func (t *travel) wants() int {
	n := 0
	for _, m := range t.Conns {
		if !m.Closed {
			n++
		}
	}
	return n
}

// arrive makes this server the one that has the store.
func (s *Server) arrive(t *travel) {
	st := s.cfg.Store
	st.Restore(t.Store)
	if s.cfg.Own != nil {
		s.cfg.Own()
	}
	s.mu.Lock()
	for _, m := range t.Sessions {
		ses := s.sessions[m.Gen]
		if ses == nil {
			ses = s.remoteLocked(m.Gen)
		}
		ses.seq, ses.placed, ses.drained, ses.place = m.Seq, m.Placed, m.Drained, m.Place.place()
		ses.leaves = m.Leaves
		if ses.end != nil {
			s.peer.places[m.Gen] = ses.place
		}
	}
	var conns []*conn
	var claims []*leaseRequest
	order := map[*leaseRequest]int{}
	for _, m := range t.Conns {
		c := t.unpack(s, m)
		if c == nil {
			continue
		}
		if !m.Closed {
			conns = append(conns, c)
			c.of.conns[c] = true
		}
		for _, o := range m.Open {
			if o.Lease == nil {
				continue
			}
			l := &leaseRequest{id: o.ID, c: c, since: o.Lease.Since, named: o.Lease.Named, granted: o.Lease.Granted, revoked: o.Lease.Revoked, left: m.Closed}
			l.toldGranted, l.toldRevoked = l.granted, l.revoked
			l.claim = &claim{name: o.Lease.Name, gen: m.Gen, req: l}
			order[l] = o.Lease.Place
			claims = append(claims, l)
			if m.Closed {
				c.of.opened.Add(1)
			}
			if !m.Closed {
				c.open[l.id] = l
			}
		}
	}
	slices.SortStableFunc(claims, func(a, b *leaseRequest) int { return cmp.Compare(order[a], order[b]) })
	for _, l := range claims {
		l.c.of.claims[l] = true
		s.leases.resume(l.claim, l.granted, l.revoked)
		if l.granted {
			l.c.guard()
		}
	}
	s.mu.Unlock()
	s.resume(t, conns)
	s.mu.Lock()
	s.peer.away = false
	s.settleLocked()
	for _, m := range t.Sessions {
		if ses := s.sessions[m.Gen]; m.Finishes && ses != nil {
			if ses.finish == nil {
				ses.finish = make(chan struct{})
			}
			finish := ses.finish
			ses.finishLocked()
			s.relayFinishLocked(m.Gen, finish)
		}
	}
	for _, c := range conns {
		if !c.of.joinLocked() {
			_ = c.sock.Close()
			continue
		}
		go func() {
			defer c.of.serving.Done()
			c.of.attend(c, true)
		}()
	}
	s.peer.link.send(packet{Taken: true}, -1)
	s.mu.Unlock()
}

// unpack returns a connection with its bytes and without its requests. Server.mu is held.
func (t *travel) unpack(s *Server, m movedConn) *conn {
	fd := -1
	if !m.Closed {
		fd, t.fds = t.fds[0], t.fds[1:]
	}
	ses := s.sessions[m.Gen]
	if ses == nil {
		closeFD(fd)
		return nil
	}
	if m.Closed {
		return newConn(ses, nil, m.PID)
	}
	sock, err := connOf(fd)
	if err != nil {
		return nil
	}
	c := newConn(ses, sock, m.PID)
	c.spoken, c.unsent = m.Spoken, m.Output
	c.in.base, c.in.long = slices.Clone(m.Input), m.Long
	c.in.buf = c.in.base
	c.in.hold(cap(c.in.base)) // beyond the bound the next line ends the connection
	c.moved = m.Open
	return c
}

// resume opens the requests anew. Turns come first, so that nobody else gets them.
func (s *Server) resume(t *travel, conns []*conn) {
	st := s.cfg.Store
	for _, turns := range []bool{true, false} {
		for _, c := range conns {
			for _, o := range c.moved {
				switch {
				case o.Define != nil && o.Define.Turn == turns:
					d := &defineRequest{id: o.ID, c: c, key: o.Define.Key, ttl: o.Define.TTL}
					c.mu.Lock()
					c.open[o.ID] = d
					c.mu.Unlock()
					if turns {
						d.turn, d.cancel = st.Resume(d.key, d.ttl, d.hear)
					} else {
						d.cancel = st.Define(d.key, d.ttl, d.hear)
					}
				case o.Watch != nil && !turns:
					w := &watchRequest{id: o.ID, c: c}
					c.mu.Lock()
					c.open[o.ID] = w
					c.mu.Unlock()
					w.watcher = st.WatchFrom(*o.Watch, func() { c.mark(w) })
					c.mark(w)
				case o.Place != nil && !turns:
					p := &placeRequest{id: o.ID, c: c, handles: o.Place.Handles, told: o.Place.Told, done: o.Place.Done}
					c.mu.Lock()
					c.open[o.ID] = p
					c.mu.Unlock()
					s.mu.Lock()
					c.of.watches[p] = true
					s.mu.Unlock()
					c.mark(p)
				}
			}
		}
	}
	for _, c := range conns {
		c.moved = nil
		c.of.opened.Add(int64(len(c.open)))
	}
	st.Restored()
}
