package place

import (
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	// haltTime is how long HandOver waits for clients that do not read their answers.
	haltTime = time.Second
	// ackTime is how long AwaitTaken waits for the other server.
	ackTime = 10 * time.Second
	// askTime is how long a server waits for the clients that the other one had: they ask for the place again.
	askTime = 2 * time.Second
)

// peer is the server's relation to the server of another hotswap, while one replaces the other. Server.mu
// guards it.
//
// The child asks for the store before it starts its generation. Then all connections of the parent's programs end
// between two lines, the child gets the store and the listening sockets, and clients connect again. If the child
// fails, it gives everything back in the same way. Meanwhile the child tells the parent's programs what the
// parent's supervisor says.
type peer struct {
	link   *link // nil: there is none
	parent bool  // the other is the parent
	away   bool  // the other has the store
	places map[handoff.GenID]Place
	taken  chan struct{} // closed when the other has everything
	failed error         // what was lost when the store was handed over
}

// moved is a generation of the parent whose programs the other server is to serve.
type moved struct {
	Gen     handoff.GenID
	Expects []int // processes that have asked for the place, and handle what they are told
	Leases  []movedLease
}

// movedLease is a lease that a process has. It is free when the process says so, or has ended.
type movedLease struct {
	Name  string
	PID   int
	Claim uint64
	Since time.Time
}

// Lend makes the server of a child known, which will ask for the store.
func (s *Server) Lend(conn *net.UnixConn) { s.connect(conn, false) }

// Borrow makes the server of the parent known, and asks for the store.
func (s *Server) Borrow(conn *net.UnixConn) { s.connect(conn, true) }

func (s *Server) connect(conn *net.UnixConn, parent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer = peer{link: newLink(conn), parent: parent, away: parent, taken: make(chan struct{})}
	if parent {
		s.owner = make(chan struct{})
		s.peer.link.send(packet{Want: true}, nil)
	}
	go s.hear(s.peer.link)
}

// Unlend ends the connection with a child that failed. Its generations have ended.
func (s *Server) Unlend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peer.link != nil {
		s.peer.link.close()
	}
}

// AwaitTaken waits until the child has everything. The error says what is lost.
func (s *Server) AwaitTaken() error {
	s.mu.Lock()
	taken := s.peer.taken
	s.mu.Unlock()
	var late error
	select {
	case <-taken:
	case <-time.After(ackTime):
		late = errors.New("the other hotswap did not take the state")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.peer.failed, late)
}

// hear does what the other server says, until that ends.
func (s *Server) hear(l *link) {
	defer s.parted(l)
	for {
		p, f, err := l.receive()
		if err != nil {
			return
		}
		switch {
		case p.Want:
			go s.HandOver()
		case p.Serve != nil:
			s.adopt(*p.Serve, f)
		case p.Take && f != nil:
			s.moving.Lock()
			s.own(f)
			s.moving.Unlock()
			_ = f.Close()
			l.send(packet{Taken: true}, nil)
		default:
			s.do(l, p)
		}
	}
}

// do does what a packet without a descriptor says.
func (s *Server) do(l *link, p packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch ses := s.sessions[p.Gen]; {
	case p.Taken:
		close(s.peer.taken)
	case p.Places != nil:
		s.peer.places = map[handoff.GenID]Place{}
		for _, place := range p.Places {
			s.peer.places[place.Gen] = place
		}
		for gen, ses := range s.sessions {
			if _, is := s.peer.places[gen]; ses.end != nil && !is {
				ses.end()
			}
		}
		if !s.peer.away {
			s.settleLocked()
		}
	case ses == nil:
	case p.Drained:
		go func() {
			if finish := s.Drained(p.Gen); finish != nil {
				<-finish
			}
			l.send(packet{Gen: p.Gen, Finished: true}, nil)
		}()
	case p.Finished:
		ses.endWaitLocked()
	}
}

// endWaitLocked ends the wait for what the program does when it has drained.
func (ses *Session) endWaitLocked() {
	if ses.finish != nil {
		close(ses.finish)
		ses.finish = nil
	}
}

// adopt serves a generation of the parent, in the child at its socket, which f is, until the link ends.
func (s *Server) adopt(m moved, f *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[m.Gen]
	if ses == nil && f != nil {
		ses = s.foreignLocked(m.Gen, f)
	}
	if ses == nil {
		return
	}
	ses.expectLocked(m.Expects)
	for _, was := range m.Leases {
		r := &leaseRequest{c: newConn(ses, nil, was.PID), named: was.Claim, since: was.Since, granted: true, left: true}
		r.claim = &claim{name: was.Name, gen: m.Gen, req: r}
		ses.opened.Add(1)
		ses.claims[r] = true
		s.leases.hold(r.claim)
		r.c.guard()
	}
}

func (s *Server) foreignLocked(gen handoff.GenID, f *os.File) *Session {
	listener, err := net.FileListener(f)
	_ = f.Close()
	l, ok := listener.(*net.UnixListener)
	if err != nil || !ok {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	ses := s.makeSession(gen)
	ses.listener, ses.end, ses.living = l, cancel, ctx
	ses.tree = func() []int { return s.cfg.Below(os.Getppid()) }
	ses.report = func(handoff.Event) {} // it is ready
	go func() {
		ses.accept(ctx)
		ses.serving.Wait()
		ses.gone()
		_ = ses.Close()
	}()
	return ses
}

// expectLocked waits a while for processes to ask for the place.
func (ses *Session) expectLocked(pids []int) {
	ses.expects = map[int]bool{}
	for _, pid := range pids {
		ses.expects[pid] = true
	}
	time.AfterFunc(askTime, func() {
		ses.of.mu.Lock()
		defer ses.of.mu.Unlock()
		clear(ses.expects)
		ses.finishLocked()
	})
}

// own fills the store, and serves from now on. Server.moving is held.
func (s *Server) own(from *os.File) {
	if from == nil {
		s.cfg.Own(nil) // not an interface with a nil file
	} else {
		s.cfg.Own(from)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ses := range s.sessions {
		if ses.spare != nil {
			l, _ := net.FileListener(ses.spare)
			_ = ses.spare.Close()
			ses.spare = nil
			if l, ok := l.(*net.UnixListener); ok {
				l.SetUnlinkOnClose(false)
				ses.listener = l
			}
		}
		ses.endWaitLocked() // the other server does not tell any more
	}
	s.peer.away = false
	s.settleLocked()
	close(s.owner)
}

// HandOver gives the other server the store, and the programs of the parent's generations.
func (s *Server) HandOver() {
	s.moving.Lock()
	defer s.moving.Unlock()
	s.mu.Lock()
	link := s.peer.link
	if link == nil || s.peer.away {
		s.mu.Unlock()
		return
	}
	s.peer.away, s.owner = true, make(chan struct{})
	var all []*Session
	sockets := map[*Session]*os.File{}
	for _, ses := range s.sessions {
		if ses.listener == nil || ses.living == nil {
			continue
		}
		if !s.peer.parent {
			ses.spare, _ = ses.listener.File()
			sockets[ses], _ = ses.listener.File()
		}
		all = append(all, ses)
		ses.expectLocked(ses.handlingLocked())
		_ = ses.listener.Close()
	}
	s.mu.Unlock()
	halt(all)
	s.mu.Lock()
	link.send(packet{Places: slices.Collect(maps.Values(s.places))}, nil)
	for _, ses := range all {
		if ses.end != nil || !s.peer.parent {
			link.send(packet{Serve: ses.packLocked()}, sockets[ses])
		}
		if ses.end != nil {
			ses.end()
		}
	}
	s.leases = newLeases()
	s.mu.Unlock()
	failed := s.cfg.Store.Close() // the other server may open its file
	r, w, err := os.Pipe()
	if err == nil {
		link.send(packet{Take: true}, r)
		err = errors.Join(s.cfg.Hand(w), w.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer.failed = errors.Join(failed, err)
}

// halt ends all connections between two lines.
func halt(all []*Session) {
	var conns []*conn
	for _, ses := range all {
		ses.accepting.Lock() // until no more are accepted
		ses.of.mu.Lock()
		for c := range ses.conns {
			c.halt()
			conns = append(conns, c)
		}
		ses.of.mu.Unlock()
		ses.accepting.Unlock()
	}
	defer time.AfterFunc(haltTime, func() {
		for _, c := range conns {
			_ = c.sock.Close()
		}
	}).Stop()
	for _, ses := range all {
		ses.serving.Wait()
	}
}

// packLocked returns what the other server has to know, and leaves the session without it.
func (ses *Session) packLocked() *moved {
	m := &moved{Gen: ses.gen, Expects: slices.Collect(maps.Keys(ses.expects))}
	for r := range ses.claims {
		if r.granted {
			m.Leases = append(m.Leases, movedLease{r.claim.name, r.c.pid, r.named, r.since})
		}
		ses.opened.Add(-1)
	}
	clear(ses.claims)
	clear(ses.expects)
	return m
}

// parted goes on without the other server, which has ended or failed.
func (s *Server) parted(l *link) {
	l.close()
	s.moving.Lock()
	defer s.moving.Unlock()
	s.mu.Lock()
	for _, ses := range s.sessions {
		if ses.end != nil {
			ses.end()
		}
	}
	orphan := s.peer.away
	s.peer.link = nil // nothing is handed over any more
	clear(s.peer.places)
	s.mu.Unlock()
	if orphan {
		s.own(nil) // what the other had is lost, but for the file
	}
}
