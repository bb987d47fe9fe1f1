package place

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// While one hotswap replaces the other, each has a server, and one of the two has the store.
//
// The parent hands over before the child begins: the connections of its programs end between two lines, and the
// child gets its listening sockets, its leases and the store, in one piece. Clients connect again, to the child. The
// child tells them what the parent's supervisor says. If the child fails, it gives leases and store back in the same
// way; if it is killed, the parent has what it handed over.

const (
	// askTime is how long a server waits for the clients that the other one had: they ask for the place again.
	askTime = 2 * time.Second
	// linkTime is how long a child waits for what the parent hands over.
	linkTime = 10 * time.Second
	// tellTime is the same for what the supervisor says, which must not wait: the other one is stopped then.
	tellTime = 100 * time.Millisecond

	maxPacket = 64 << 10
)

// packet is what one server says to the other, over a SOCK_SEQPACKET pair: a JSON object, perhaps with a descriptor.
type packet struct {
	Places []report.Place `json:",omitempty"` // of all generations of the sender
	Gen    handoff.GenID  `json:",omitempty"` // which generation the rest is about; 0 with a descriptor: that is the piece
	// Adopt: the receiver is to serve the generation, if it does not yet at the socket that comes along.
	Adopt    bool `json:",omitempty"`
	Handles  bool `json:",omitempty"` // with Adopt: a process has said that it handles what it is told
	Drained  bool `json:",omitempty"` // it is the sender's: tell the program
	Finished bool `json:",omitempty"` // the answer
}

// lent is a lease that a process has. It is free when the process says so, or has ended.
type lent struct {
	Name  string
	PID   int
	Claim uint64
}

// HandOver gives everything to the server of a child, which reads it from the other end of the link. Until TakeBack
// this server has nothing.
func (s *Server) HandOver(link *net.UnixConn) error {
	s.mu.Lock()
	s.link, s.heard = link, make(chan struct{})
	s.mu.Unlock()
	go s.hear(link, s.heard)
	return s.yield(true)
}

// GiveBack gives everything back to the server of the parent.
func (s *Server) GiveBack() error { return s.yield(false) }

// yield ends all connections between two lines, and sends what there is.
func (s *Server) yield(sockets bool) error {
	all := s.halt()
	piece, err := os.CreateTemp("", "hotswap-")
	if err == nil {
		err = errors.Join(os.Remove(piece.Name()), s.write(piece, all))
	}
	if err != nil {
		_ = piece.Close()
		return fmt.Errorf("the programs' state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.piece = piece
	s.sendLocked(packet{Places: slices.Collect(maps.Values(s.places))}, -1)
	for _, ses := range all {
		p := packet{Gen: ses.gen, Adopt: true, Handles: ses.handles}
		switch raw, _ := ses.listener.SyscallConn(); {
		case sockets:
			_ = raw.Control(func(fd uintptr) { s.sendLocked(p, int(fd)) })
		case s.adopted[ses.gen] != nil:
			s.sendLocked(p, -1)
		}
	}
	s.sendLocked(packet{}, int(piece.Fd()))
	if s.link == nil {
		return errors.New("the programs' state: the other hotswap does not read it")
	}
	return nil
}

// halt ends all connections between two lines, and returns what had any.
func (s *Server) halt() []*Session {
	s.mu.Lock()
	s.away = true
	var all []*Session
	for _, ses := range s.sessions {
		if ses.living != nil {
			_ = ses.listener.SetDeadline(time.Unix(1, 0))
			all = append(all, ses)
		}
	}
	s.mu.Unlock()
	for _, ses := range all {
		ses.accepting.Wait()
		s.mu.Lock()
		for c := range ses.conns {
			c.halt()
		}
		s.mu.Unlock()
	}
	for _, ses := range all {
		ses.serving.Wait()
	}
	return all
}

// held is what the piece has: more than a packet has room for.
type held struct {
	Leases map[handoff.GenID][]lent // of each generation
	State  store.Snapshot
}

// write writes the leases of sessions, and the state.
func (s *Server) write(piece io.Writer, of []*Session) error {
	all := held{make(map[handoff.GenID][]lent), s.cfg.Store.Snapshot()}
	s.mu.Lock()
	for _, ses := range of {
		all.Leases[ses.gen] = nil
		for l := range ses.claims {
			if l.state != waiting {
				all.Leases[ses.gen] = append(all.Leases[ses.gen], lent{l.claim.name, l.c.pid, l.named})
			}
		}
	}
	s.mu.Unlock()
	e := json.NewEncoder(piece)
	e.SetEscapeHTML(false) // values stay as large as they are
	return e.Encode(all)
}

// sendLocked sends a packet, with a descriptor unless fd is negative. A link that fails is closed.
func (s *Server) sendLocked(p packet, fd int) {
	if s.link == nil {
		return
	}
	b, err := json.Marshal(p)
	if err == nil {
		_ = s.link.SetWriteDeadline(time.Now().Add(tellTime))
		err = rights.Send(s.link, b, fd)
	}
	if err != nil {
		_ = s.link.Close()
		s.link = nil
	}
}

// Borrow gets everything from the server of the parent.
func (s *Server) Borrow(link *net.UnixConn) error {
	s.mu.Lock()
	s.link, s.away = link, true
	s.mu.Unlock()
	_ = link.SetReadDeadline(time.Now().Add(linkTime))
	for s.piece == nil {
		p, f, err := receive(link)
		if err != nil {
			return fmt.Errorf("the programs' state: %w", err)
		}
		s.do(p, f)
	}
	_ = link.SetReadDeadline(time.Time{})
	if err := s.own(); err != nil {
		return err
	}
	go s.hear(link, make(chan struct{}))
	return nil
}

// own takes over what the other server has written, and serves. If that cannot be read, the server has what it had.
func (s *Server) own() (err error) {
	var all held
	if s.piece != nil {
		_, _ = s.piece.Seek(0, io.SeekStart)
		if err = json.NewDecoder(s.piece).Decode(&all); err != nil {
			all, err = held{}, fmt.Errorf("the programs' state: %w", err)
		} else {
			s.cfg.Store.Restore(all.State)
		}
		_ = s.piece.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for gen, list := range all.Leases {
		s.adoptLeasesLocked(s.sessions[gen], list)
	}
	s.piece, s.away = nil, false
	s.settleLocked()
	for _, ses := range s.sessions {
		ses.resumeLocked()
	}
	return err
}

// receive returns the next packet and its file, which the caller owns; nil: none came.
func receive(link *net.UnixConn) (p packet, f *os.File, err error) {
	b, fd, err := rights.Receive(link, maxPacket)
	if fd >= 0 {
		f = os.NewFile(uintptr(fd), "")
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, f, err
}

// hear does what the other server says, until that ends.
func (s *Server) hear(link *net.UnixConn, heard chan struct{}) {
	defer close(heard)
	for {
		p, f, err := receive(link)
		if err != nil {
			break
		}
		s.do(p, f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = link.Close()
	if s.link == link { // else this server already hands over to a child of its own
		s.link = nil
	}
	clear(s.elsewhere)
	for _, end := range s.adopted {
		end()
	}
	for _, ses := range s.sessions {
		if s.away {
			ses.endWaitLocked()
		}
	}
}

// do does what a packet says. It owns the file.
func (s *Server) do(p packet, f *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[p.Gen]
	switch {
	case p.Adopt:
		s.adoptLocked(p, f)
	case f != nil:
		_ = s.piece.Close() // nil in the child
		s.piece = f
	case p.Places != nil:
		clear(s.elsewhere)
		for _, place := range p.Places {
			s.elsewhere[place.Gen] = place
		}
		for gen, end := range s.adopted {
			if _, is := s.elsewhere[gen]; !is {
				end()
			}
		}
		if !s.away {
			s.settleLocked()
		}
	case ses == nil:
	case p.Drained:
		go func() {
			if finish := s.Drained(p.Gen); finish != nil {
				<-finish
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sendLocked(packet{Gen: p.Gen, Finished: true}, -1)
		}()
	case p.Finished:
		ses.endWaitLocked()
	}
}

// adoptLocked adopts a generation of the parent's: in the child, which serves it at the socket that f is, or in the
// parent, from the child.
func (s *Server) adoptLocked(p packet, f *os.File) {
	ses := s.sessions[p.Gen]
	if f != nil {
		listener, err := net.FileListener(f)
		_ = f.Close()
		l, ok := listener.(*net.UnixListener)
		if err != nil || !ok {
			return
		}
		ses = s.newSessionLocked(p.Gen)
		ses.listener = l
		living, end := context.WithCancel(context.Background())
		s.adopted[p.Gen] = end
		parent := os.Getppid()
		go ses.Run(living, handoff.Running{Tree: func() []int { return s.cfg.Below(parent) }}, nil)
	}
	if ses == nil {
		return
	}
	ses.handles, ses.missing = p.Handles, p.Handles
	time.AfterFunc(askTime, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		ses.missing = false
		ses.finishLocked()
	})
}

// adoptLeasesLocked has a session hold the leases that the other server has granted to its processes.
func (s *Server) adoptLeasesLocked(ses *Session, leases []lent) {
	if ses == nil {
		return
	}
	for l := range maps.Clone(ses.claims) {
		l.endLocked()
	}
	conns := make(map[int]*conn) // by process; none is open
	for _, was := range leases {
		if conns[was.PID] == nil {
			conns[was.PID] = newConn(ses, nil, was.PID)
		}
		l := &leaseRequest{numbered: numbered{c: conns[was.PID]}, named: was.Claim, state: revoked, left: true}
		l.claim = &claim{name: was.Name, gen: ses.gen, req: l}
		ses.claims[l] = true
		s.leases.hold(l.claim)
	}
	ses.guardLocked()
}

// TakeBack waits for the end of the child, and serves again. ended: the child has ended, or never began. Then its end
// of the link may still be open, in a message that nobody has read. An error says that the state is as it was when it
// was handed over.
func (s *Server) TakeBack(ended bool) error {
	s.mu.Lock()
	heard := s.heard
	s.heard = nil
	if s.link != nil && ended {
		_ = s.link.CloseRead() // hear reads what has come, and then the end (unix_dgram_recvmsg)
	}
	s.mu.Unlock()
	if heard == nil { // nothing was handed over
		return nil
	}
	<-heard
	return s.own()
}
