package place

import (
	"io"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Variable names the socket to the program.
const Variable = "HOTSWAP_SOCKET"

// What Place.State may be.
const (
	Starting = "starting"
	Serving  = "serving"
	Held     = "held"
	Draining = "draining"
)

// Place is the place of a generation.
type Place struct {
	Gen      handoff.GenID
	State    string
	Serving  bool      // it gets new connections, or needs none and runs
	Foremost bool      // it serves, or it starts while none serves
	Deadline time.Time // it is asked to end then in any case; zero: no time is known
}

// Config is what a server needs.
type Config struct {
	Folder *scratch.Folder // of the sockets' folders
	Store  *store.Store
	// Ready: a program's word that it can serve counts.
	Ready bool
	// Own fills the store with what another hotswap hands over; from is nil if that was killed before. The store
	// takes writes from then on.
	Own func(from io.Reader)
	// Hand writes what the store has, for another hotswap. The store takes no writes any more.
	Hand func(to io.Writer) error
	// Below returns the processes below one.
	Below func(pid int) []int
	// Without is called with the reason when a generation starts without a socket. Nil: nothing is.
	Without func(why error)
}

// Server serves all generations of one hotswap. Any goroutine may call its methods.
type Server struct {
	cfg Config // constant

	moving sync.Mutex // held while another server gets the store, or this one; comes before mu

	mu       sync.Mutex    // guards what follows, and what sessions and open requests say it does
	owner    chan struct{} // closed when this server has the store
	places   map[handoff.GenID]Place
	sessions map[handoff.GenID]*Session
	leases   leases
	told     chan struct{} // closed and replaced when places change
	foremost handoff.GenID
	peer     peer
}

var _ handoff.Transport = (*Server)(nil)

// New returns a server of which no generation knows yet.
func New(cfg Config) *Server {
	s := &Server{
		cfg: cfg, owner: make(chan struct{}), places: map[handoff.GenID]Place{}, sessions: map[handoff.GenID]*Session{},
		leases: newLeases(), told: make(chan struct{}),
	}
	close(s.owner)
	return s
}

// Tell sets the places of all generations. It does not block.
func (s *Server) Tell(places []Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.places)
	s.foremost = 0
	for _, p := range places {
		s.places[p.Gen] = p
		if p.Foremost {
			s.foremost = p.Gen
		}
	}
	if s.peer.away {
		s.peer.link.send(packet{Places: places}, nil)
	} else {
		s.settleLocked()
	}
}

// settleLocked does what follows from the places.
func (s *Server) settleLocked() {
	for _, ses := range s.sessions {
		ses.placeLocked(s.placeLocked(ses.gen))
	}
	foremost := s.foremost
	for gen, p := range s.peer.places { // a generation that starts is foremost only if none serves here or there
		if p.Foremost && s.places[foremost].State != Serving {
			foremost = gen
		}
	}
	s.obeyLocked(s.leases.move(foremost, func(gen handoff.GenID) bool { return s.drainsLocked(gen) }))
	close(s.told)
	s.told = make(chan struct{})
}

// placeLocked returns the place of a generation. One that is not known yet starts: a standby, or a start
// of which the supervisor has not told.
func (s *Server) placeLocked(gen handoff.GenID) Place {
	if p, ok := s.places[gen]; ok {
		return p
	}
	if p, ok := s.peer.places[gen]; ok {
		return p
	}
	return Place{Gen: gen, State: Starting}
}

// drainsLocked reports whether a generation will get no new connections any more, as far as is known.
func (s *Server) drainsLocked(gen handoff.GenID) bool { return s.placeLocked(gen).State == Draining }

// Place returns the place of a generation, and a channel that is closed when the places change.
func (s *Server) Place(gen handoff.GenID) (Place, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.placeLocked(gen), s.told
}

// Drained tells a generation that none of its connections has anything under way. The channel is closed
// when the program has done what it does then. Nil: nothing is waited for.
func (s *Server) Drained(gen handoff.GenID) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[gen]
	switch {
	case ses == nil:
		return nil
	case s.peer.away:
		if ses.finish == nil {
			ses.finish = make(chan struct{})
			s.peer.link.send(packet{Gen: gen, Drained: true}, nil)
		}
		return ses.finish
	case ses.place.State != Draining:
		return nil
	}
	return ses.drainedLocked()
}
