package proxy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Variable tells the program its port.
const Variable = "PORT"

// Ports of programs are those from firstPort on.
const (
	firstPort = 20000
	manyPorts = 10000
	mostTried = 1000
)

// Prepare chooses the generation's port.
func (p *Proxy) Prepare(l *handoff.Launch) (handoff.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	others := slices.Collect(maps.Values(p.sessions))
	for range mostTried {
		port := firstPort + rand.IntN(manyPorts)
		if !slices.ContainsFunc(others, func(s *session) bool { return s.port == port }) && p.Free(port) {
			s := &session{Proxy: p, gen: l.Gen, port: port, lost: make(chan struct{}, 1)}
			p.sessions[l.Gen] = s
			l.Env = append(handoff.Without(l.Env, Variable), Variable+"="+strconv.Itoa(port))
			return s, nil
		}
	}
	return nil, fmt.Errorf("proxy: none of %d ports is free", mostTried)
}

// session is the proxy's part in one generation.
type session struct {
	*Proxy               // constant
	gen    handoff.GenID // constant
	port   int           // constant

	listener atomic.Pointer[listener] // nil: it does not listen now
	lost     chan struct{}            // has one when place has become nil
	listens  bool                     // it has. Proxy.mu guards it; Run alone writes it
}

// Close frees the port. It is called when nothing of the generation is left.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[s.gen] == s { // else that is of a standby which has replaced this one
		delete(s.sessions, s.gen)
	}
	return nil
}

// Run reports when the generation listens, and finds out where, as often as that is lost.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	defer s.Close()
	if r.Wait(ctx) != nil {
		return nil
	}
	asked, why := false, ""
	for pause := wait.Poll; wait.For(ctx, pause) == nil; pause = min(pause*5/4, wait.Seldom) {
		l, own, err := s.findListener(ctx, r)
		if err == nil {
			s.listener.Store(&l)
			s.mu.Lock()
			first := !s.listens
			s.listens = true
			s.changed.Now()
			s.mu.Unlock()
			if first {
				report(handoff.Listening{Gen: s.gen, Endpoint: s.at})
			}
			pause = wait.Poll
			_ = wait.On(ctx, s.lost)
		}
		if s.listens {
			continue
		}
		if len(own) > 0 && !asked && (pause == wait.Seldom || err == errForeign) { // it has had the time to
			asked = true
			report(handoff.OtherPort{Gen: s.gen, Endpoint: own[0], Port: s.port})
		}
		if err.Error() != why {
			why = err.Error()
			report(handoff.Unready{Gen: s.gen, Why: why})
		}
	}
	return nil
}

// findListener returns where the generation listens at its port, if it accepts a connection there; or own, where it
// listens instead.
func (s *session) findListener(ctx context.Context, r handoff.Running) (l listener, own []handoff.Endpoint, err error) {
	own, sockets, known := s.Own(r.Tree())
	l.known = known
	for _, e := range own {
		if int(e.Port()) == s.port {
			l.at, l.sockets = append(l.at, reached(e.Addr)...), sockets
		}
	}
	if len(l.at) == 0 {
		l.at = reached(netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(s.port)))
	}
	c, err := s.dial(ctx, l)
	if err == nil {
		return l, nil, c.Close()
	}
	if errors.Is(err, errForeign) {
		return l, own, errForeign
	}
	return l, own, errSilent
}
