package held

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	// Variable tells the adapters that they may ask for sockets.
	Variable = "HOTSWAP_HELD"
	// Children names to the adapter of Python the sockets that children inherit.
	Children = "HOTSWAP_HELD_AT"
)

// Config has what depends on the operating system.
type Config struct {
	// Wire returns the wire of a generation; nil: its adapters cannot ask.
	Wire func(gen handoff.GenID) *wire.Session
	// Own returns the addresses at which these processes listen, as that of package proxy does. Nil: they are unknown.
	Own func(pids []int) (at []handoff.Endpoint, sockets []uint64, known bool)
	// Denies reports whether the system would not let the process bind the port, or hotswap's clients not reach it
	// there. Nil: the program may what hotswap may.
	Denies func(uid, pid int, port uint16) bool
	// Declared returns the socket that the generation was given at an address of --listen, and steers by itself. Nil:
	// none was. The descriptor stays the caller's.
	Declared func(gen handoff.GenID, e handoff.Endpoint) (fd int, ok bool)
	// Early has a generation accept as soon as no other does, and not from its cutover on: something else has to reach
	// it before that.
	Early bool
}

// Prepare lets the generation's adapters ask for sockets.
func (r *Registry) Prepare(l *handoff.Launch) (handoff.Session, error) {
	s := &session{
		Registry: r, gen: l.Gen, links: map[*link]bool{}, bound: addresses{}, ready: addresses{},
		given: map[handoff.Endpoint]*hold{}, reported: addresses{},
		events: make(chan handoff.Event, maxClaims), ended: make(chan struct{}),
	}
	if w := r.Wire(l.Gen); w != nil {
		w.Speak(s.join)
		l.Env = append(l.Env, Variable+"=1")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions[l.Gen] = s
	return s, nil
}

type addresses map[handoff.Endpoint]bool

// session is the registry's part in one generation. Registry.mu guards what is not constant.
type session struct {
	*Registry                    // constant
	gen       handoff.GenID      // constant
	ended     chan struct{}      // constant; closed by Close
	events    chan handoff.Event // constant; a link goes on reading while the supervisor is busy

	links    map[*link]bool
	bound    addresses                  // that it has asked for
	ready    addresses                  // at which it listens, also by itself
	given    map[handoff.Endpoint]*hold // of Config.Declared
	reported addresses                  // that were reported as in use
}

// Close is called when nothing of the generation is left.
func (s *session) Close() error {
	close(s.ended)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[s.gen] == s { // else that is of a standby which has replaced this one
		delete(s.sessions, s.gen)
	}
	return nil
}

// Run reports what the adapters report until ctx ends.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	var finding sync.WaitGroup
	defer finding.Wait()
	defer s.Close()
	if s.Own != nil {
		finding.Go(func() { s.findOwn(ctx, r) })
	}
	for {
		select {
		case ev := <-s.events:
			report(ev)
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *session) join(l *wire.Link) (h wire.Handlers, leave func()) {
	mine := &link{Link: l, session: s, claims: map[handoff.Endpoint]*claim{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[mine] = true
	return mine.handlers(), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.links, mine)
		for _, c := range mine.claims {
			c.endStopLocked()
		}
	}
}

// becomesReady notes that the generation listens.
func (s *session) becomesReady(e handoff.Endpoint, _ int) {
	s.mu.Lock()
	given := s.given[e] != nil // which is asked in another way
	if !given {
		s.ready[e] = true
	}
	if h := s.holds[e]; h != nil {
		h.ready = true
	}
	s.mu.Unlock()
	if !given {
		s.report(handoff.Listening{Gen: s.gen, Endpoint: e})
	}
}

// report drops an event of a generation that has ended.
func (s *session) report(ev handoff.Event) {
	select {
	case s.events <- ev:
	case <-s.ended:
	}
}

// refused reports why the program did not get an address.
func (s *session) refused(e handoff.Endpoint, err error) {
	s.mu.Lock()
	known := s.reported[e] || len(s.reported) >= maxClaims
	s.reported[e] = true
	s.mu.Unlock()
	switch {
	case known || errors.Is(err, errTwice):
	case errors.Is(err, errExcluded):
		s.report(handoff.Unshared{Gen: s.gen, Address: e.Short(), Err: err})
	case code(err) == "EADDRINUSE":
		s.report(handoff.AddressInUse{Gen: s.gen, Endpoint: e})
	}
}

// ErrOwn is why generations of a program without an adapter take turns.
var ErrOwn = errors.New(
	"the program opens it without asking hotswap for it, as a program without hotswap's adapter does")

// findOwn looks until the generation listens. A program without an adapter does so by itself, and the next generation
// can only follow it.
func (s *session) findOwn(ctx context.Context, r handoff.Running) {
	if r.Wait(ctx) != nil {
		return
	}
	for pause := wait.Poll; wait.For(ctx, pause) == nil; pause = min(pause*5/4, wait.Seldom) {
		unasked := slices.Clone(r.Tree())
		s.mu.Lock()
		listens := len(s.ready) > 0
		for l := range s.links {
			if l.asks {
				unasked = slices.DeleteFunc(unasked, func(pid int) bool { return pid == l.PID })
			}
		}
		s.mu.Unlock()
		if listens {
			return
		}
		own, _, _ := s.Own(unasked)
		s.mu.Lock()
		own = slices.DeleteFunc(own, func(e handoff.Endpoint) bool { return s.holds[e] != nil })
		for _, e := range own {
			s.ready[e] = true
		}
		s.mu.Unlock()
		if len(own) == 0 {
			continue
		}
		if s.alone.CompareAndSwap(false, true) {
			s.report(handoff.Unshared{Gen: s.gen, Address: own[0].Short(), Err: ErrOwn})
		}
		for _, e := range own {
			s.report(handoff.Listening{Gen: s.gen, Endpoint: e})
		}
		return
	}
}
