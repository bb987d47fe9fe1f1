package place

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// peer is the server's relation to the server of another hotswap. Server.mu guards it.
type peer struct {
	link   *link // nil: there is none
	away   bool  // the other has the store
	moving bool  // nobody has it at this moment
	// settled is told when moving ends.
	settled *sync.Cond
	places  map[handoff.GenID]Place // of the other's generations
	left    *travel                 // whose descriptors are still to come; only the link's reader uses it
	taken   chan struct{}           // closed when the other has everything
}

// Lend connects the server of a child, whose generations this server serves too until HandOver.
// Both take over the descriptor, one end of a SOCK_SEQPACKET pair.
func (s *Server) Lend(fd int) error { return s.connect(fd, false) }

// Borrow connects the server of the parent, which has the store until it hands everything over.
func (s *Server) Borrow(fd int) error { return s.connect(fd, true) }

func (s *Server) connect(fd int, away bool) error {
	sock, err := connOf(fd)
	if err != nil {
		return fmt.Errorf("place: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer.link, s.peer.away, s.peer.places = newLink(sock), away, map[handoff.GenID]Place{}
	s.peer.taken = make(chan struct{})
	go s.hear(s.peer.link)
	return nil
}

// Unlend ends the connection with a child that failed. Its generations have ended.
func (s *Server) Unlend() {
	s.mu.Lock()
	l := s.peer.link
	s.mu.Unlock()
	if l != nil {
		l.close()
	}
}

// hear does what the other server says, until that ends.
func (s *Server) hear(l *link) {
	defer s.parted(l)
	for {
		p, fd, err := l.receive()
		if err != nil {
			return
		}
		switch {
		case p.Conn != nil:
			s.passed(*p.Conn, fd)
		case p.Take:
			if !s.begin(fd) {
				return
			}
		case p.Part:
			if !s.part(fd) {
				return
			}
		default:
			s.do(l, p)
		}
	}
}

// do does what a packet without a descriptor says.
func (s *Server) do(l *link, p packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case p.Taken:
		close(s.peer.taken)
	case p.Places != nil && !s.peer.away && !s.peer.moving:
		clear(s.peer.places)
		for _, w := range p.Places {
			s.peer.places[w.Gen] = w.place()
			s.remoteLocked(w.Gen)
		}
		s.settleLocked()
	case p.Drained != 0 && !s.peer.away:
		s.relayFinishLocked(p.Drained, s.drainLocked(p.Drained))
	case p.Finished != 0:
		if ses := s.sessions[p.Finished]; ses != nil && ses.finish != nil {
			close(ses.finish)
			ses.finish = nil
		}
	case p.Gone != 0 && !s.peer.away:
		delete(s.peer.places, p.Gone)
		if ses := s.sessions[p.Gone]; ses != nil && ses.end != nil {
			ses.end()
		}
	case p.Report != nil:
		if ses := s.sessions[p.Report.Gen]; ses != nil && ses.report != nil && ses.end == nil {
			go ses.report(p.Report.event()) // it may wait for the loop
		}
	}
}

// relayFinishLocked tells the other server when its generation's program has done what it does when it has drained.
func (s *Server) relayFinishLocked(gen handoff.GenID, finish <-chan struct{}) {
	l := s.peer.link
	if finish == nil {
		l.send(packet{Finished: gen}, -1)
		return
	}
	go func() {
		<-finish
		l.send(packet{Finished: gen}, -1)
	}()
}

func (r wireReport) event() handoff.Event {
	switch {
	case r.Ready != "":
		return handoff.Ready{Gen: r.Gen, By: r.Ready}
	case r.Status != nil:
		return handoff.Status{Gen: r.Gen, Text: *r.Status}
	}
	return handoff.ExtendTimeout{Gen: r.Gen, By: ms(r.ExtendMS)}
}

// remoteLocked returns the session of a generation of the other server, which ends with the link or when the
// generation has ended.
func (s *Server) remoteLocked(gen handoff.GenID) *Session {
	if ses := s.sessions[gen]; ses != nil {
		return ses
	}
	l := s.peer.link
	ctx, cancel := context.WithCancel(context.Background())
	ses := s.makeSession(gen)
	ses.living, ses.end, ses.serving = ctx, cancel, new(sync.WaitGroup)
	ses.report = func(ev handoff.Event) {
		r := &wireReport{Gen: gen}
		switch ev := ev.(type) {
		case handoff.Ready:
			r.Ready = ev.By
		case handoff.ExtendTimeout:
			r.ExtendMS = max(1, int64(ev.By/time.Millisecond))
		case handoff.Status:
			r.Status = &ev.Text
		default:
			return
		}
		l.send(packet{Report: r}, -1)
	}
	context.AfterFunc(ctx, func() {
		ses.serving.Wait()
		ses.gone()
		_ = ses.Close()
	})
	return ses
}

// passed serves a new connection that the other server has accepted.
func (s *Server) passed(w wireConn, fd int) {
	sock, err := connOf(fd)
	if err != nil {
		return
	}
	s.mu.Lock()
	for s.peer.moving {
		s.peer.settled.Wait()
	}
	if s.peer.away { // it came when the roles changed
		s.peer.link.pass(w, sock)
		s.mu.Unlock()
		_ = sock.Close()
		return
	}
	ses := s.remoteLocked(w.Gen)
	ok := ses != nil && ses.joinLocked()
	s.mu.Unlock()
	if !ok {
		_ = sock.Close()
		return
	}
	go func() {
		defer ses.serving.Done()
		ses.attend(newConn(ses, sock, w.PID), false)
	}()
}

// joinLocked counts a goroutine of the session, for ses.serving.Done. It reports false if the generation ends.
func (ses *Session) joinLocked() bool {
	if ses.serving == nil || ses.living == nil || ses.living.Err() != nil {
		return false
	}
	ses.serving.Add(1)
	return true
}

// parted forgets the other server, which has ended or failed.
func (s *Server) parted(l *link) {
	l.close()
	s.mu.Lock()
	if s.peer.link != l {
		s.mu.Unlock()
		return
	}
	alone := s.peer.away
	s.peer.link, s.peer.away, s.peer.left = nil, false, nil
	clear(s.peer.places)
	for _, ses := range s.sessions {
		if ses.end != nil {
			ses.end()
		}
		if alone && ses.finish != nil {
			close(ses.finish)
			ses.finish = nil
		}
	}
	select {
	case <-s.peer.taken:
		alone = false // everything was handed over, and this hotswap ends
	default:
	}
	s.mu.Unlock()
	if alone && s.cfg.Own != nil { // the parent was killed: what it had is lost, but for the file
		s.cfg.Own()
	}
}

func newFile(fd int) *os.File { return os.NewFile(uintptr(fd), "") }
