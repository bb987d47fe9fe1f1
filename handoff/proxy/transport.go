package proxy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

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

var _ handoff.Transport = (*Proxy)(nil)

// Prepare chooses the generation's port.
func (p *Proxy) Prepare(l *handoff.Launch) (handoff.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &session{of: p, gen: l.Gen}
	for tried := range mostTried {
		if tried == mostTried-1 {
			return nil, fmt.Errorf("proxy: none of %d ports is free", mostTried)
		}
		if s.port = firstPort + rand.IntN(manyPorts); !p.givenLocked(s.port) && p.config.Free(s.port) {
			break
		}
	}
	p.sessions[l.Gen] = s
	l.Env = append(handoff.Without(l.Env, Variable), Variable+"="+strconv.Itoa(s.port))
	return s, nil
}

func (p *Proxy) givenLocked(port int) bool {
	for _, s := range p.sessions {
		if s.port == port {
			return true
		}
	}
	return false
}

// session is the proxy's part in one generation.
type session struct {
	of   *Proxy        // constant
	gen  handoff.GenID // constant
	port int           // constant

	listens bool // Proxy.mu guards it
}

// Close frees the port. It is called when nothing of the generation is left.
func (s *session) Close() error {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.of.sessions[s.gen] == s { // else that is of a standby which has replaced this one
		delete(s.of.sessions, s.gen)
	}
	return nil
}

// Run reports when the generation listens.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	defer s.Close()
	if r.Wait(ctx) != nil {
		return nil
	}
	asked, why := false, ""
	for pause := wait.Look; wait.For(ctx, pause) == nil; pause = min(pause*5/4, wait.Seldom) {
		own, err := s.look(ctx, r, pause == wait.Seldom)
		if err == nil {
			s.of.mu.Lock()
			s.listens = true
			s.of.mu.Unlock()
			report(handoff.Listening{Gen: s.gen, Endpoint: s.of.at})
			<-ctx.Done()
			return nil
		}
		if len(own) > 0 && !asked {
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

var (
	errSilent  = errors.New("it does not listen at the port in its variable PORT")
	errForeign = errors.New("another program listens at the port in its variable PORT")
)

// look returns nil if the generation listens at its port. slow says that it has had the time to; then own are the addresses at
// which it listens instead.
func (s *session) look(ctx context.Context, r handoff.Running, slow bool) (own []handoff.Endpoint, err error) {
	c, err := dial(ctx, s.port)
	if err == nil {
		_ = c.Close()
	} else if !slow {
		return nil, errSilent
	}
	own, known := s.of.config.Own(r.Tree())
	listens := slices.ContainsFunc(own, func(e handoff.Endpoint) bool { return int(e.Port()) == s.port })
	switch {
	case err != nil && listens: // not at the loopback
		return nil, fmt.Errorf("it listens at port %d, but not at 127.0.0.1 or ::1", s.port)
	case err != nil:
		return own, errSilent
	case known && !listens:
		return own, errForeign
	}
	return nil, nil
}
