package place

import (
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Variable names the socket to the program.
const Variable = "HOTSWAP_SOCKET"

// Config is what a server needs.
type Config struct {
	Folder *scratch.Folder // of the sockets' folders
	Store  *store.Store
	// Without is called with the reason when a generation starts without a socket. Nil: nothing is.
	Without func(why error)
}

// Server serves all generations of one hotswap. Any goroutine may call its methods.
type Server struct {
	cfg Config // constant

	mu       sync.Mutex // guards what follows, and what sessions and open requests say it does
	places   map[handoff.GenID]report.Place
	sessions map[handoff.GenID]*Session
	leases   leases
	defines  map[string][]*defineRequest // by key; the first has the turn

	keeping sync.RWMutex // guards closed, and is held for reading while a request is applied
	closed  bool         // nothing more is kept for programs: another hotswap takes over
}

var _ handoff.Transport = (*Server)(nil)

// New returns a server of which no generation knows yet.
func New(cfg Config) *Server {
	return &Server{
		cfg: cfg, sessions: map[handoff.GenID]*Session{}, leases: newLeases(), defines: map[string][]*defineRequest{},
	}
}

// Tell sets the places of all generations. It does not block.
func (s *Server) Tell(places []report.Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places = map[handoff.GenID]report.Place{}
	foremost := handoff.GenID(0)
	for _, p := range places {
		s.places[p.Gen] = p
		if p.Foremost {
			foremost = p.Gen
		}
	}
	for _, ses := range s.sessions {
		ses.placeLocked(s.placeLocked(ses.gen))
	}
	drains := func(gen handoff.GenID) bool { return s.placeLocked(gen).State == report.StateDraining }
	s.obeyLocked(s.leases.move(foremost, drains))
}

// placeLocked returns the place of a generation. An unknown generation is starting: it is a standby, or the supervisor
// has not reported its start yet.
func (s *Server) placeLocked(gen handoff.GenID) report.Place {
	if p, ok := s.places[gen]; ok {
		return p
	}
	return report.Place{Gen: gen, State: report.StateStarting}
}

// Drained tells a generation that none of its connections has anything under way. The channel is closed when the
// program has handled that. Nil: there is nothing to wait for.
func (s *Server) Drained(gen handoff.GenID) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[gen]
	if ses == nil || ses.place.State != report.StateDraining {
		return nil
	}
	return ses.drainedLocked()
}
