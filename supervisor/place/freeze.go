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
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// While one hotswap replaces the other, each has a server, and one of the two has the store.
//
// The parent freezes before the child begins: the connections of its programs end between two lines, and the child gets
// the listening sockets, the leases and the store. Clients connect again, to the child. Over a link the child hears what
// the parent's supervisor says, and tells the clients. If the child fails, it gives leases and store back over that link;
// if it is killed, the parent has what it had.

const (
	// askTime is how long a server waits for the clients that the other one had: they ask for the place again.
	askTime = 2 * time.Second
	// tellTime is how long a packet may wait for room: the supervisor must not wait for another hotswap that is stopped.
	tellTime = 100 * time.Millisecond

	maxPacket = 64 << 10
)

// packet is what one server says to the other, over a SOCK_SEQPACKET pair: a JSON object. With a descriptor, that is a
// file with a [Frozen].
type packet struct {
	Places   []report.Place `json:",omitempty"` // of all generations of the sender
	Gen      handoff.GenID  `json:",omitempty"` // which generation the rest is about
	Drained  bool           `json:",omitempty"` // it is the sender's: tell the program
	Finished bool           `json:",omitempty"` // the answer
}

// Frozen is what a server leaves to the other. The child also gets descriptors: its end of the link, and the listening
// socket of each generation.
type Frozen struct {
	Places      []report.Place
	Generations []frozenGeneration // that have a socket
	State       store.Snapshot
}

type frozenGeneration struct {
	Gen     handoff.GenID
	Handles bool // a process has said that it handles what it is told
	Leases  []lent
}

// lent is a lease that a process has. It is free when the process says so, or has ended.
type lent struct {
	Name  string
	PID   int
	Claim uint64
}

// Freeze ends all connections between two lines, and returns a [Frozen] with its descriptors. Until Thaw this server has
// nothing.
func (s *Server) Freeze() (frozen any, fds []int, err error) {
	ours, theirs, err := rights.Pair()
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	s.link, s.theirs, s.heard = ours, theirs, make(chan struct{})
	s.mu.Unlock()
	go s.hear(ours, s.heard)
	all := s.halt()
	fds = append(fds, descriptor(theirs))
	for _, ses := range all {
		fds = append(fds, descriptor(ses.listener))
	}
	return s.freeze(all), fds, nil
}

// descriptor returns the number that f has, without another mode for its socket (File.Fd).
func descriptor(f syscall.Conn) (fd int) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(of uintptr) { fd = int(of) })
	}
	return fd
}

// GiveBack gives everything back to the server of the parent, because this child fails.
func (s *Server) GiveBack() error {
	frozen := s.freeze(s.halt())
	piece, err := os.CreateTemp("", "hotswap-")
	if err == nil {
		defer piece.Close()
		e := json.NewEncoder(piece)
		e.SetEscapeHTML(false) // values stay as large as they are
		err = errors.Join(os.Remove(piece.Name()), e.Encode(frozen))
	}
	if err != nil {
		return fmt.Errorf("the programs' state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendLocked(packet{}, descriptor(piece))
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

// freeze returns what there is of sessions, whose connections have ended, and the state.
func (s *Server) freeze(of []*Session) Frozen {
	all := Frozen{State: s.cfg.Store.Snapshot()}
	s.mu.Lock()
	defer s.mu.Unlock()
	all.Places = slices.Collect(maps.Values(s.places))
	for _, ses := range of {
		g := frozenGeneration{Gen: ses.gen, Handles: ses.handles}
		for l := range ses.claims {
			if l.state != waiting {
				g.Leases = append(g.Leases, lent{l.claim.name, l.c.pid, l.named})
			}
		}
		all.Generations = append(all.Generations, g)
	}
	return all
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

// Inherit takes over what the server of the parent has frozen, and the descriptors. It comes before the first Prepare.
func (s *Server) Inherit(frozen Frozen, fds []int) error {
	if len(fds) != 1+len(frozen.Generations) {
		return errors.New("the programs' state: sockets are missing")
	}
	link, err := rights.Conn(os.NewFile(uintptr(fds[0]), "link"))
	if err != nil {
		return fmt.Errorf("the programs' state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = link
	s.elsewhereLocked(frozen.Places)
	for i, g := range frozen.Generations {
		s.serveLocked(g.Gen, os.NewFile(uintptr(fds[1+i]), "listener"))
	}
	s.restoreLocked(frozen)
	s.settleLocked()
	go s.hear(link, make(chan struct{}))
	return nil
}

// serveLocked serves a generation of the parent's at the socket that f is. It owns f.
func (s *Server) serveLocked(gen handoff.GenID, f *os.File) {
	listener, err := net.FileListener(f)
	_ = f.Close()
	l, ok := listener.(*net.UnixListener)
	if err != nil || !ok {
		return
	}
	ses := s.newSessionLocked(gen)
	ses.listener = l
	living, end := context.WithCancel(context.Background())
	s.adopted[gen] = end
	parent := os.Getppid()
	go ses.Run(living, handoff.Running{Tree: func() []int { return s.cfg.Below(parent) }}, nil)
}

// elsewhereLocked notes where the generations of the other hotswap are.
func (s *Server) elsewhereLocked(places []report.Place) {
	clear(s.elsewhere)
	for _, place := range places {
		s.elsewhere[place.Gen] = place
	}
}

// restoreLocked has the store, and the leases of the sessions that both servers know, be as the other server has left
// them. The clients of these sessions ask again for the place.
func (s *Server) restoreLocked(frozen Frozen) {
	s.cfg.Store.Restore(frozen.State)
	for _, g := range frozen.Generations {
		ses := s.sessions[g.Gen]
		if ses == nil {
			continue
		}
		s.adoptLeasesLocked(ses, g.Leases)
		ses.handles, ses.missing = g.Handles, g.Handles
		time.AfterFunc(askTime, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			ses.missing = false
			ses.finishLocked()
		})
	}
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
	case f != nil:
		s.piece = f
	case p.Places != nil:
		s.elsewhereLocked(p.Places)
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

// adoptLeasesLocked has a session hold the leases that the other server has granted to its processes.
func (s *Server) adoptLeasesLocked(ses *Session, leases []lent) {
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

// Thaw serves again, when the child has ended or never began. An error says that the state is as it was at Freeze.
func (s *Server) Thaw() error {
	s.mu.Lock()
	if s.link != nil && s.theirs != nil {
		_ = s.link.CloseRead() // hear reads what has come, and then the end (unix_dgram_recvmsg)
	}
	s.mu.Unlock()
	return s.resume()
}

// Release leaves the programs to the child until that ends, perhaps before this process, whose program drains.
func (s *Server) Release() {
	go func() { _ = s.resume() }() // nobody would hear of an error
}

// resume waits until the other server says nothing more, and serves again, with what that has given back. If it gave
// nothing, or what cannot be read, the server has what it had.
func (s *Server) resume() (err error) {
	s.mu.Lock()
	heard := s.heard
	_ = s.theirs.Close() // else the link would not end with the child
	s.heard, s.theirs = nil, nil
	s.mu.Unlock()
	if heard == nil { // nothing was frozen
		return nil
	}
	<-heard
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.piece != nil {
		var all Frozen
		_, _ = s.piece.Seek(0, io.SeekStart)
		if err = json.NewDecoder(s.piece).Decode(&all); err != nil {
			err = fmt.Errorf("the programs' state: %w", err)
		} else {
			s.restoreLocked(all)
		}
		_ = s.piece.Close()
	}
	s.piece, s.away = nil, false
	s.settleLocked()
	for _, ses := range s.sessions {
		ses.resumeLocked()
	}
	return err
}
