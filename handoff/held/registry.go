package held

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
)

const (
	// patience bounds the wait at a cutover for processes that are to stop accepting. A process that computes for
	// longer accepts nothing meanwhile.
	patience = 100 * time.Millisecond
	// closedFor is how long a program may take to bind an address again that it has closed. Then clients are refused
	// there.
	closedFor = time.Second / 2
	maxHolds  = 1000 // addresses
)

var (
	errFull = fmt.Errorf("hotswap holds at most %d addresses", maxHolds)
	// errExcluded says that an older generation has an address that excludes the one which a newer generation wants.
	errExcluded = errors.New("the old generation has an address that excludes it")
)

// hold is a listening socket that hotswap keeps.
type hold struct {
	socket *wire.Socket  // constant
	ready  bool          // a program has listened: clients may wait
	serves handoff.GenID // whose processes accept; 0: clients wait
	queued bool          // they wait for the next generation
}

// Registry has every held socket, and passes them to programs that ask. Any goroutine may call its methods.
type Registry struct {
	Config             // constant
	alone  atomic.Bool // a generation had a socket of its own, which has been reported

	turn sync.Mutex // serializes changes of who accepts; taken before mu

	mu       sync.Mutex // guards what follows, and the claims of all links
	holds    map[handoff.Endpoint]*hold
	sessions map[handoff.GenID]*session
	turns    int // changes of who accepts
	closed   bool
}

// NewRegistry returns an empty registry.
func NewRegistry(c Config) *Registry {
	return &Registry{Config: c, holds: map[handoff.Endpoint]*hold{}, sessions: map[handoff.GenID]*session{}}
}

// Endpoints returns the addresses at which the generation listens.
func (r *Registry) Endpoints(gen handoff.GenID) (out []handoff.Endpoint) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[gen]; s != nil {
		out = slices.SortedFunc(maps.Keys(s.ready), handoff.Endpoint.Compare)
	}
	return out
}

// Cutover has the generation accept, and no other, at each address at which it listens. It returns these addresses and
// how long that took. It waits for the processes that are to stop, at most for patience.
func (r *Registry) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration) {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[gen]
	if s == nil {
		return nil, 0
	}
	began := time.Now()
	var all, moved []handoff.Endpoint
	for e := range s.ready {
		if h := r.holds[e]; h != nil {
			all = append(all, e)
			if h.serves != gen {
				h.serves = 0
				moved = append(moved, e)
			}
		}
	}
	r.stopLocked(moved)
	dropped := func(e handoff.Endpoint) bool { return r.holds[e] == nil } // meanwhile, for an address that excludes it
	all, moved = slices.DeleteFunc(all, dropped), slices.DeleteFunc(moved, dropped)
	for _, e := range moved {
		h := r.holds[e]
		h.serves, h.queued = gen, false
		for l := range s.links {
			l.goLocked(e, h)
		}
	}
	slices.SortFunc(all, handoff.Endpoint.Compare)
	return all, time.Since(began)
}

// Queue has nobody accept where the generation does, which may have ended. It reports whether clients wait now.
func (r *Registry) Queue(gen handoff.GenID) (parked bool) {
	r.turn.Lock()
	defer r.turn.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	var at []handoff.Endpoint
	for e, h := range r.holds {
		if h.serves == gen && gen != 0 {
			h.serves, h.queued = 0, true
			at = append(at, e)
		}
	}
	r.stopLocked(at)
	return len(at) > 0
}

// stopLocked has all processes stop accepting at these addresses, and waits for them. It unlocks the registry
// meanwhile.
func (r *Registry) stopLocked(at []handoff.Endpoint) {
	if len(at) == 0 {
		return
	}
	r.turns++
	var stops []<-chan struct{}
	for _, s := range r.sessions {
		for l := range s.links {
			for _, e := range at {
				if done := l.stopLocked(e, r.turns); done != nil {
					stops = append(stops, done)
				}
			}
		}
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	r.mu.Unlock()
	defer r.mu.Lock()
	for _, done := range stops {
		select {
		case <-done:
		case <-late.C:
			return
		}
	}
}

// CloseUnserved closes the sockets that no generation has bound which still runs.
func (r *Registry) CloseUnserved() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := range r.holds {
		if !slices.ContainsFunc(slices.Collect(maps.Values(r.sessions)), func(s *session) bool { return s.bound[e] }) {
			r.dropLocked(e)
		}
	}
}

// Queues calls each for the sockets that programs have bound. The descriptors are the registry's. No client
// waits that was accepted.
func (r *Registry) Queues(each func(e handoff.Endpoint, fd int)) (waits bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e, h := range r.holds {
		each(e, h.socket.FD)
	}
	return false
}

// usedLocked reports whether a process has the address.
func (r *Registry) usedLocked(e handoff.Endpoint) bool {
	for _, s := range r.sessions {
		if s.usesLocked(e) {
			return true
		}
	}
	return false
}

func (s *session) usesLocked(e handoff.Endpoint) bool {
	for l := range s.links {
		if l.claims[e] != nil {
			return true
		}
	}
	return false
}

func (r *Registry) dropLocked(e handoff.Endpoint) {
	r.holds[e].socket.Close()
	delete(r.holds, e)
}

// Close closes all sockets.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for e := range r.holds {
		r.dropLocked(e)
	}
}

// holdLocked returns the socket of an address, and opens it first. The error is errExcluded if an older generation is
// in the way.
func (r *Registry) holdLocked(e handoff.Endpoint) (*hold, error) {
	if r.closed {
		return nil, unix.EADDRINUSE
	}
	if h := r.holds[e]; h != nil {
		return h, nil
	}
	excluded := false
	for other := range r.holds {
		if !other.Excludes(e) {
			continue
		}
		if r.usedLocked(other) {
			excluded = true
		} else {
			r.dropLocked(other) // closed by the program, or of a generation that has ended
		}
	}
	if len(r.holds) >= maxHolds {
		return nil, errFull
	}
	fd, err := open(e)
	if err != nil && excluded {
		err = fmt.Errorf("%w: %w", errExcluded, err)
	}
	if err != nil {
		return nil, err
	}
	h := &hold{socket: &wire.Socket{FD: fd}}
	r.holds[e] = h
	return h, nil
}

// holdLocked returns the socket that the generation gets at an address.
func (s *session) holdLocked(e handoff.Endpoint) (*hold, error) {
	if declared := s.Declared; declared != nil && s.given[e] == nil {
		if fd, ok := declared(s.gen, e); ok {
			// shared, so that it is never closed here
			s.given[e] = &hold{socket: (&wire.Socket{FD: fd}).Share(), serves: s.gen}
		}
	}
	if h := s.given[e]; h != nil {
		return h, nil
	}
	return s.Registry.holdLocked(e)
}
