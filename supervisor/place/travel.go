package place

import (
	"bufio"
	"cmp"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// travel is everything that a server hands over, by encoding/gob, which is fast and knows fields by name. The descriptors follow in packets of their own: those of the
// connections in their order.
type travel struct {
	Store    store.Snapshot
	Sessions []movedSession
	Conns    []movedConn

	fds []int // that have come
}

type movedSession struct {
	Gen      handoff.GenID
	Seq      int
	Placed   int
	Drained  int
	Place    wirePlace
	Finishes bool  // the supervisor waits for the program
	Leaves   []int // processes that end their clients' connections by themselves
}

// movedConn is a connection. One that is closed is here because its process has a lease.
type movedConn struct {
	Gen    handoff.GenID
	PID    int
	Closed bool
	Spoken bool
	Long   bool
	Input  []byte // read, and not applied
	Output []byte // not written
	Open   []movedOpen

	fd int // its duplicate
}

// movedOpen is an open request: one of the last four is set.
type movedOpen struct {
	ID     int64
	Define *movedDefine
	Watch  *store.WatchState
	Place  *movedPlace
	Lease  *movedLease
}

type movedDefine struct {
	Key  string
	TTL  time.Duration
	Turn bool
}

type movedPlace struct {
	Handles bool
	Told    int
	Done    int
}

type movedLease struct {
	Name    string
	Place   int // among those who want it; the holder is the first
	Granted bool
	Revoked bool
	Since   time.Time
	Named   uint64
}

// haltTime is how long HandOver waits for a client that does not read its answers, before it takes along what
// is not written.
const haltTime = time.Second

// ackTime is how long HandOver waits for the other server.
const ackTime = 10 * time.Second

// HandOver gives the child everything that this server has: the store, every connection with its open requests
// and unread bytes, and the leases. From then on this server passes on what comes to it.
//
// Meanwhile no line is applied. All that was answered is in the snapshot, and what was not applied travels as
// unread bytes, so each request takes effect in one place only. The error says what is lost.
func (s *Server) HandOver() error {
	s.mu.Lock()
	l := s.peer.link
	if l == nil || s.peer.away {
		s.mu.Unlock()
		return errors.New("no child takes the state")
	}
	s.peer.moving = true
	var conns []*conn
	for _, ses := range s.sessions {
		conns = append(conns, slices.Collect(maps.Keys(ses.conns))...)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.halt()
	}
	patience := time.NewTimer(haltTime)
	defer patience.Stop()
	for _, c := range conns {
		select {
		case <-c.halted:
		case <-patience.C:
			patience.Reset(0)
			_ = c.sock.SetDeadline(time.Unix(1, 0))
			<-c.halted
		}
	}
	snap, err := s.cfg.Store.Freeze()
	t := travel{Store: snap}
	var fds []int
	for _, c := range conns {
		if m, ok := c.pack(err); ok {
			t.Conns = append(t.Conns, m)
			fds = append(fds, m.fd)
		}
	}
	s.mu.Lock()
	s.packLocked(&t)
	s.mu.Unlock()
	err = errors.Join(err, t.send(l, fds)) // not with the lock: it may be much, and the loop does not wait
	s.mu.Lock()
	s.peer.away, s.peer.moving = true, false
	s.tellPeerLocked()
	s.peer.settled.Broadcast()
	taken := s.peer.taken
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.sock.Close()
	}
	select {
	case <-taken:
	case <-time.After(ackTime):
		err = errors.Join(err, errors.New("the child did not take the state"))
	}
	return err
}

// packLocked adds what sessions have, and leaves the sessions without it.
func (s *Server) packLocked(t *travel) {
	index := map[*claim]int{}
	for _, of := range s.leases.byName {
		if of.holder != nil {
			index[of.holder] = 0
		}
		for i, c := range of.waiting {
			index[c] = i + 1
		}
	}
	for gen, ses := range s.sessions {
		t.Sessions = append(t.Sessions, movedSession{gen, ses.seq, ses.placed, ses.drained, ses.place.wire(), ses.finish != nil, ses.leaves})
		for l := range ses.claims {
			moved := movedOpen{ID: l.id, Lease: &movedLease{l.claim.name, index[l.claim], l.granted, l.revoked, l.since, l.named}}
			i := slices.IndexFunc(t.Conns, func(m movedConn) bool { return m.Gen == gen && m.PID == l.c.pid && m.has(l.id) })
			if i < 0 {
				t.Conns = append(t.Conns, movedConn{Gen: gen, PID: l.c.pid, Closed: true})
				i = len(t.Conns) - 1
			}
			t.Conns[i].Open = slices.DeleteFunc(t.Conns[i].Open, func(o movedOpen) bool { return o.ID == l.id })
			t.Conns[i].Open = append(t.Conns[i].Open, moved)
		}
		clear(ses.conns)
		clear(ses.claims)
		clear(ses.watches)
		if ses.end != nil {
			ses.end() // it lives in the child
		}
	}
	s.leases = newLeases()
}

// has reports whether the connection has an open request for a lease of that number.
func (m movedConn) has(id int64) bool {
	return slices.ContainsFunc(m.Open, func(o movedOpen) bool { return o.ID == id && o.Lease != nil && o.Lease.Name == "" })
}

// send sends everything.
func (t *travel) send(l *link, fds []int) error {
	f, err := memoryFile()
	fd := -1
	if err == nil {
		defer f.Close()
		w := bufio.NewWriterSize(f, 1<<20)
		err = errors.Join(gob.NewEncoder(w).Encode(t), w.Flush())
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		fd, err = unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	}
	if err != nil {
		for _, fd := range fds {
			closeFD(fd)
		}
		return fmt.Errorf("the state cannot be passed on: %w", err)
	}
	l.send(packet{Take: true}, fd)
	for _, fd := range fds {
		l.send(packet{Part: true}, fd)
	}
	return nil
}

// pack returns a connection that has halted. unsaved is why the last changes were not saved.
func (c *conn) pack(unsaved error) (m movedConn, ok bool) {
	fd := -1
	if !c.over {
		fd = duplicate(c.sock)
	}
	if fd < 0 {
		return m, false
	}
	m = movedConn{
		Gen: c.of.gen, PID: c.pid, Spoken: c.spoken, Long: c.in.long, Input: slices.Clone(c.in.buf),
		fd: fd,
	}
	for o := c.nextDirty(); o != nil; o = c.nextDirty() {
		if _, watch := o.(*watchRequest); watch {
			continue // it may have much to say, and says it there
		}
		if _, over := o.say(&c.events, maxBatch); over {
			c.forget(o)
		}
	}
	if unsaved != nil {
		c.events.lost(unsaved)
	}
	m.Output = slices.Concat(c.unsent, c.events.buf)
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, o := range c.open {
		moved := movedOpen{ID: id}
		switch o := o.(type) {
		case *defineRequest:
			moved.Define = &movedDefine{o.key, o.ttl, o.turn != nil}
		case *watchRequest:
			st := o.state()
			moved.Watch = &st
		case *placeRequest:
			moved.Place = &movedPlace{o.handles, o.told, o.done}
		case *leaseRequest:
			moved.Lease = &movedLease{} // packLocked knows it
		default:
			continue
		}
		m.Open = append(m.Open, moved)
	}
	slices.SortFunc(m.Open, func(a, b movedOpen) int { return cmp.Compare(a.ID, b.ID) })
	return m, true
}
