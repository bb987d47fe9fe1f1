package place

import (
	"context"
	"encoding/json"
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
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// While one hotswap replaces the other, each has a server, and one of the two has the store.
//
// The parent freezes before the child begins: the connections of its programs end between two lines, and the child gets
// the listening sockets, the leases and the store. Clients connect again, to the child. Over a link the child hears what
// the parent's supervisor says, and tells the clients. If the child fails, it gives leases and store back over that link;
// if it is killed, the parent has what it had.

// tellTime is how long a packet may wait for room: the supervisor must not wait for another hotswap that is stopped.
const tellTime = 100 * time.Millisecond

// exchange is what a server has while one hotswap replaces the other.
type exchange struct {
	link   *net.UnixConn // to the server of the other; nil: there is none
	theirs *os.File      // the other's end of the link, from Freeze on
	sent   []*os.File    // copies of the sessions' listeners, between Freeze and Thaw or Release
	back   *Frozen       // what the other has given back; nil: nothing
	heard  chan struct{} // closed when the other has ended
	broken error         // ended the link; io.EOF: nothing is lost
}

// packet is what one server says to the other, as JSON.
type packet struct {
	Places   []report.Place `json:",omitempty"` // of all generations of the sender
	Gen      handoff.GenID  `json:",omitempty"` // which generation the rest is about
	Drained  bool           `json:",omitempty"` // it is the sender's: tell the program
	Finished bool           `json:",omitempty"` // the answer
	Back     *Frozen        `json:",omitempty"` // the sender, a child, has it no more
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
	ours, theirs, err := rights.Pair(syscall.SOCK_STREAM)
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	s.link, s.theirs, s.heard = ours, theirs, make(chan struct{})
	s.mu.Unlock()
	go s.hear(ours, s.heard)
	fds = append(fds, rights.FD(theirs))
	var open []*Session // a generation that drains may end, and close its listener, before the descriptors are sent
	for _, ses := range s.halt() {
		if f, err := ses.listener.File(); err == nil {
			s.sent = append(s.sent, f)
			fds, open = append(fds, rights.FD(f)), append(open, ses)
		}
	}
	return s.freeze(open), fds, nil
}

// GiveBack gives everything back to the server of the parent, because this child fails.
func (s *Server) GiveBack() {
	frozen := s.freeze(s.halt())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendLocked(packet{Back: &frozen}, wait.Work)
}

// halt ends all connections between two lines, and returns what had any.
func (s *Server) halt() []*Session {
	s.mu.Lock()
	s.suspended = true
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
				g.Leases = append(g.Leases, lent{l.name, l.c.pid, l.named})
			}
		}
		all.Generations = append(all.Generations, g)
	}
	return all
}

func (s *Server) sendLocked(p packet, within time.Duration) {
	if s.link == nil {
		return
	}
	_ = s.link.SetWriteDeadline(time.Now().Add(within))
	e := json.NewEncoder(s.link)
	e.SetEscapeHTML(false) // values stay as large as they are
	if e.Encode(p) != nil {
		_ = s.link.Close()
		s.link = nil
	}
}

// passDrainedLocked has the other server tell the program.
func (s *Server) passDrainedLocked(ses *Session) <-chan struct{} {
	if s.link == nil { // the other server has ended
		return nil
	}
	if ses.finish == nil {
		ses.finish = make(chan struct{})
		s.sendLocked(packet{Gen: ses.gen, Drained: true}, tellTime)
	}
	return ses.finish
}

// Inherit takes over what the server of a parent has frozen, if there is one. It comes before the first Prepare.
func (s *Server) Inherit(left func(frozen any) (fds []int)) error {
	var frozen Frozen
	fds := left(&frozen)
	if len(fds) == 0 {
		return nil
	}
	link, err := rights.Conn(os.NewFile(uintptr(fds[0]), "link"))
	if err != nil {
		return fmt.Errorf("the programs' state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = link
	s.others = byGen(frozen.Places)
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
	ses.end = end
	parent := os.Getppid()
	go ses.Run(living, handoff.Running{Tree: func() []int { return s.cfg.Below(parent) }}, nil)
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
		time.AfterFunc(wait.Reply, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			ses.missing = false
			ses.finishLocked()
		})
	}
}

// hear does what the other server says, until that ends.
func (s *Server) hear(link *net.UnixConn, heard chan struct{}) {
	defer close(heard)
	var err error
	for packets := json.NewDecoder(link); err == nil; {
		var p packet
		err = packets.Decode(&p)
		if err == nil {
			s.do(p)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
	_ = link.Close()
	if s.link == link { // else this server already hands over to a child of its own
		s.link = nil
	}
	clear(s.others)
	s.endLeftLocked()
	for _, ses := range s.sessions {
		if s.suspended {
			ses.endWaitLocked()
		}
	}
}

// endLeftLocked ends the sessions of the other hotswap's generations of which nothing is alive.
func (s *Server) endLeftLocked() {
	for gen, ses := range s.sessions {
		if _, is := s.others[gen]; !is && ses.end != nil {
			ses.end()
		}
	}
}

func (s *Server) do(p packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[p.Gen]
	switch {
	case p.Back != nil:
		s.back = p.Back
	case p.Places != nil:
		s.others = byGen(p.Places)
		s.endLeftLocked()
		if !s.suspended {
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
			s.sendLocked(packet{Gen: p.Gen, Finished: true}, tellTime)
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
		l := &claim{numbered: numbered{c: conns[was.PID]}, name: was.Name, gen: ses.gen, named: was.Claim, state: granted, left: true}
		ses.claims[l] = true
		s.leases.hold(l)
	}
	ses.guardLocked()
}

// Thaw serves again, when the child has ended or never began. An error says that the state is as it was at Freeze.
func (s *Server) Thaw() error {
	s.mu.Lock()
	if s.link != nil {
		_ = s.link.CloseRead() // hear reads what has come, and then the end (unix_stream_read_generic)
	}
	s.mu.Unlock()
	err := s.resume()
	s.closeSent() // not before: what nobody has read at the link's end would reset it (unix(7), ECONNRESET)
	return err
}

// Release leaves the programs to the child until that ends, perhaps before this process, whose program drains.
func (s *Server) Release() {
	s.closeSent()                  // else the link would not end with the child
	go func() { _ = s.resume() }() // nobody would hear of an error
}

// closeSent closes what the child has copies of.
func (s *Server) closeSent() {
	_ = s.theirs.Close()
	for _, f := range s.sent {
		_ = f.Close()
	}
	s.sent = nil
}

// resume waits until the other server says nothing more, and serves again, with what that has given back. If it gave
// nothing, the server has what it had.
func (s *Server) resume() error {
	s.mu.Lock()
	heard := s.heard
	s.heard = nil
	s.mu.Unlock()
	if heard == nil { // nothing was frozen
		return nil
	}
	<-heard
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.back != nil {
		s.restoreLocked(*s.back)
		s.broken = io.EOF
	}
	s.back, s.suspended = nil, false
	s.settleLocked()
	for _, ses := range s.sessions {
		ses.resumeLocked()
	}
	if s.broken != io.EOF {
		return fmt.Errorf("the programs' state: %w", s.broken)
	}
	return nil
}
