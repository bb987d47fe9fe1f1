package place

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	// haltTime is how long HandOver waits for clients that do not read their answers.
	haltTime = time.Second
	// ackTime is how long HandOver waits for the other server.
	ackTime = 10 * time.Second
	// askTime is how long a server waits for the clients that the other one had: they ask for the place again.
	askTime = 2 * time.Second
)

// peer is the server's relation to the server of another hotswap, while one replaces the other. Server.mu
// guards it.
//
// Until HandOver the parent serves the programs of both. Then all connections end between two lines, the child
// gets the store and the listening sockets, and clients connect again. Of the parent's generations, which drain,
// the child tells the programs what the parent's supervisor says.
type peer struct {
	link   *link // nil: there is none
	pid    int   // the parent's: all programs of both are below it
	away   bool  // the other has the store
	places map[handoff.GenID]Place
	taken  chan struct{} // closed when the other has everything
}

// moved is a generation whose programs the other server is to serve.
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

// Lend makes the server of a child known, which is below this process.
func (s *Server) Lend(conn *net.UnixConn) { s.connect(conn, os.Getpid(), false) }

// Borrow makes the server of the parent known, which has the store until it hands everything over.
func (s *Server) Borrow(conn *net.UnixConn) {
	s.owner = make(chan struct{})
	s.connect(conn, os.Getppid(), true)
}

func (s *Server) connect(conn *net.UnixConn, pid int, away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer = peer{link: newLink(conn), pid: pid, away: away, taken: make(chan struct{})}
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

// lend has the parent serve a generation until it hands the store over.
func (s *Server) lend(ses *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, err := ses.listener.File(); err == nil && s.peer.away {
		s.peer.link.send(packet{Serve: &moved{Gen: ses.gen}}, f)
	}
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
		case p.Serve != nil && f != nil:
			s.adopt(*p.Serve, f)
		case p.Take && f != nil:
			s.own(f)
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
			place.Foremost = false // only a generation of the hotswap that has the store is
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
	case p.Report != nil && ses.report != nil:
		go ses.report(p.Report.event(p.Gen)) // it may wait for the loop
	}
}

// endWaitLocked ends the wait for what the program does when it has drained.
func (ses *Session) endWaitLocked() {
	if ses.finish != nil {
		close(ses.finish)
		ses.finish = nil
	}
}

// adopt serves a generation of the other hotswap at its socket, which f is, until the link ends.
func (s *Server) adopt(m moved, f *os.File) {
	listener, err := net.FileListener(f)
	_ = f.Close()
	l, ok := listener.(*net.UnixListener)
	if err != nil || !ok {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	ses, link, pid := s.makeSession(m.Gen), s.peer.link, s.peer.pid
	ses.listener, ses.end, ses.living = l, cancel, ctx
	ses.tree = func() []int { return s.cfg.Below(pid) }
	ses.report = func(ev handoff.Event) { link.send(packet{Gen: m.Gen, Report: reportOf(ev)}, nil) }
	ses.expectLocked(m.Expects)
	for _, was := range m.Leases {
		r := &leaseRequest{c: newConn(ses, nil, was.PID), named: was.Claim, since: was.Since, granted: true, left: true}
		r.claim = &claim{name: was.Name, gen: m.Gen, req: r}
		ses.opened.Add(1)
		ses.claims[r] = true
		s.leases.hold(r.claim)
		r.c.guard()
	}
	go func() {
		ses.accept(ctx)
		<-ctx.Done()
		ses.serving.Wait()
		ses.gone()
		_ = ses.Close()
	}()
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

// own fills the store, and serves from now on.
func (s *Server) own(from *os.File) {
	if from == nil {
		s.cfg.Own(nil) // not an interface with a nil file
	} else {
		s.cfg.Own(from)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer.away = false
	s.settleLocked()
	close(s.owner)
}

// HandOver gives the child the store, and the programs of all generations. The error says what is lost.
func (s *Server) HandOver() error {
	s.mu.Lock()
	link, taken := s.peer.link, s.peer.taken
	if link == nil {
		s.mu.Unlock()
		return errors.New("no child takes the state")
	}
	s.peer.away = true
	var all []*Session
	var sockets []*os.File
	for _, ses := range s.sessions {
		if ses.listener == nil || ses.living == nil {
			continue
		}
		var f *os.File // the child has the sockets of its own
		if ses.end == nil {
			f, _ = ses.listener.File() // a nil file is not sent
		}
		all, sockets = append(all, ses), append(sockets, f)
		ses.expectLocked(ses.handlingLocked())
		_ = ses.listener.Close()
	}
	s.mu.Unlock()
	halt(all)
	s.mu.Lock()
	for i, ses := range all {
		if sockets[i] != nil {
			link.send(packet{Serve: ses.packLocked()}, sockets[i])
		} else if ses.end != nil {
			ses.end()
		}
	}
	s.leases = newLeases()
	s.mu.Unlock()
	closed := s.cfg.Store.Close() // the child may open its file
	r, w, err := os.Pipe()
	if err != nil {
		return errors.Join(closed, err)
	}
	link.send(packet{Take: true}, r)
	err = errors.Join(closed, s.cfg.Hand(w), w.Close())
	select {
	case <-taken:
	case <-time.After(ackTime):
		err = errors.Join(err, errors.New("the child did not take the state"))
	}
	return err
}

// halt ends all connections between two lines.
func halt(all []*Session) {
	var conns []*conn
	for _, ses := range all {
		ses.accepts.Wait()
		ses.of.mu.Lock()
		for c := range ses.conns {
			c.halt()
			conns = append(conns, c)
		}
		ses.of.mu.Unlock()
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
	m := &moved{Gen: ses.gen}
	for pid := range ses.expects {
		m.Expects = append(m.Expects, pid)
	}
	for r := range ses.claims {
		if r.granted {
			m.Leases = append(m.Leases, movedLease{r.claim.name, r.c.pid, r.named, r.since})
		}
	}
	clear(ses.claims)
	clear(ses.expects)
	return m
}

// parted forgets the other server, which has ended or failed.
func (s *Server) parted(l *link) {
	l.close()
	s.mu.Lock()
	orphan := s.peer.away
	select {
	case <-s.peer.taken:
		orphan = false // everything was handed over, and this hotswap ends
	default:
	}
	for _, ses := range s.sessions {
		if ses.end != nil {
			ses.end()
		}
		if orphan {
			ses.endWaitLocked()
		}
	}
	s.mu.Unlock()
	select {
	case <-s.owner:
	default:
		s.own(nil) // the parent was killed: what it had is lost, but for the file
	}
}
