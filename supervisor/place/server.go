package place

import (
	"cmp"
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
	// Without is called with the reason when a generation starts without a socket.
	Without func(why error)
}

// Server serves all generations of one hotswap. Any goroutine may call its methods.
type Server struct {
	cfg Config // constant

	mu sync.Mutex // guards what follows, and what sessions and open requests say it does

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
		cfg: cfg, sessions: map[handoff.GenID]*Session{}, leases: leases{byName: map[string]*lease{}},
		defines: map[string][]*defineRequest{},
	}
}

// Tell sets the places of all generations. It does not block.
func (s *Server) Tell(places []report.Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	states, foremost := map[handoff.GenID]string{}, handoff.GenID(0)
	for _, p := range places {
		states[p.Gen] = p.State
		if p.Foremost {
			foremost = p.Gen
		}
	}
	s.obeyLocked(s.leases.move(foremost, states))
	for _, ses := range s.sessions {
		if state := s.stateLocked(ses.gen); state != ses.state {
			ses.state = state
			ses.seq++
			ses.placed = ses.seq
			ses.tellLocked()
		}
	}
}

// stateLocked returns the state of a generation. An unknown generation is starting: it is a standby, or the supervisor
// has not reported its start yet.
func (s *Server) stateLocked(gen handoff.GenID) string {
	return cmp.Or(s.leases.states[gen], report.StateStarting)
}

// Drained tells a generation that none of its connections has anything under way. The channel is closed when the
// program has handled that. Nil: there is nothing to wait for.
func (s *Server) Drained(gen handoff.GenID) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[gen]
	if ses == nil || ses.state != report.StateDraining {
		return nil
	}
	ses.seq++
	ses.drained = ses.seq
	ses.tellLocked()
	if ses.finish == nil {
		ses.finish = make(chan struct{})
	}
	ses.finishLocked()
	return ses.finish
}
