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
	// Below returns the processes below one.
	Below func(pid int) []int
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

	suspended bool                           // this server has nothing: it serves nobody, and passes on what it hears
	others    map[handoff.GenID]report.Place // of generations that are not this hotswap's
	exchange                                 // with the server of another hotswap; see freeze.go
}

var _ handoff.Transport = (*Server)(nil)

// New returns a server of which no generation knows yet.
func New(cfg Config) *Server {
	return &Server{
		cfg: cfg, sessions: map[handoff.GenID]*Session{}, leases: newLeases(), defines: map[string][]*defineRequest{},
	}
}

func byGen(places []report.Place) map[handoff.GenID]report.Place {
	all := map[handoff.GenID]report.Place{}
	for _, p := range places {
		all[p.Gen] = p
	}
	return all
}

// Tell sets the places of all generations. It does not block.
func (s *Server) Tell(places []report.Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places = byGen(places)
	if s.suspended {
		s.sendLocked(packet{Places: places}, tellTime)
	} else {
		s.settleLocked()
	}
}

// settleLocked does what follows from the places.
func (s *Server) settleLocked() {
	for _, ses := range s.sessions {
		ses.placeLocked(s.placeLocked(ses.gen))
	}
	foremost := handoff.GenID(0)
	for _, known := range []map[handoff.GenID]report.Place{s.places, s.others} {
		for gen, p := range known { // a generation that starts is foremost only if none serves here or there
			if p.Foremost && s.places[foremost].State != report.StateServing {
				foremost = gen
			}
		}
	}
	s.obeyLocked(s.leases.move(foremost, func(gen handoff.GenID) bool { return s.placeLocked(gen).State == report.StateDraining }))
}

// placeLocked returns the place of a generation. An unknown generation is starting: it is a standby, or the supervisor
// has not reported its start yet.
func (s *Server) placeLocked(gen handoff.GenID) report.Place {
	for _, known := range []map[handoff.GenID]report.Place{s.places, s.others} {
		if p, ok := known[gen]; ok {
			return p
		}
	}
	return report.Place{Gen: gen, State: report.StateStarting}
}

// Drained tells a generation that none of its connections has anything under way. The channel is closed when the
// program has handled that. Nil: there is nothing to wait for.
func (s *Server) Drained(gen handoff.GenID) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.sessions[gen]
	switch {
	case ses == nil:
		return nil
	case s.suspended:
		return s.passDrainedLocked(ses)
	case ses.place.State != report.StateDraining:
		return nil
	}
	return ses.drainedLocked()
}
