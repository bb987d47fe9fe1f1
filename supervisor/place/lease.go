package place

import (
	"github.com/hotswap-dev/hotswap/internal/ending"
)

func (c *conn) lease(r *request) error {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Name == "":
		return errorf(codeBad, "a lease needs a name")
	case len(r.Name) > maxName:
		return errorf(codeLarge, "the name has %d bytes, at most %d are possible", len(r.Name), maxName)
	case c.dead:
		return errorf(codeUnavailable, "the process that has connected has ended")
	case len(c.of.claims) >= maxClaims:
		return errorf(codeFull, "the generation has %d requests for leases: cancel some", maxClaims)
	}
	l := &claim{numbered: numbered{r.ID, c}, name: r.Name, gen: c.of.gen, named: r.Claim}
	if err := c.begin(l); err != nil {
		return err
	}
	c.of.claims[l] = true
	s.obeyLocked(s.leases.want(l))
	if r.Claim != 0 {
		c.againLocked(r.Name, r.Claim)
	}
	return nil
}

// againLocked ends the claim of that name which another connection of the same process has, or had: the process asks
// again when nothing runs under it any more. This server may not have seen the end of that connection yet.
func (c *conn) againLocked(name string, named uint64) {
	for l := range c.of.claims {
		if l.named == named && l.name == name && l.c.pid == c.pid && l.c != c {
			l.c.forget(l)
			l.endLocked()
		}
	}
}

// obeyLocked has the clients of claims told what has changed.
func (s *Server) obeyLocked(changed []*claim) {
	for _, l := range changed {
		l.c.guardLocked()
		l.c.mark(l)
	}
}

func (l *claim) say() (over bool) {
	s := l.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; l.written < l.state && !l.over; l.written++ {
		l.put(answer{Event: []string{"granted", "revoke"}[l.written]})
	}
	return false
}

func (c *conn) release(r *request) error {
	l, ok := c.find(r.ID).(*claim)
	if !ok || !c.finish(l, false) {
		return errorf(codeBad, "request %d is not an open one for a lease", r.ID)
	}
	c.put(r.ID, answer{Released: true})
	return nil
}

// dropLocked ends the request. If the connection has ended, and the client has heard, or may have heard, that it has
// the lease, the lease is free only when the process has ended.
func (l *claim) dropLocked(gone bool) {
	if !gone || l.state == waiting {
		l.endLocked()
		return
	}
	l.left = true
	l.c.of.finishLocked()
}

func (l *claim) endLocked() {
	s := l.c.server
	l.over = true
	delete(l.c.of.claims, l)
	s.obeyLocked(s.leases.end(l))
	l.c.of.finishLocked()
}

// guardLocked waits for the end of the connection's process, from its first lease on.
func (c *conn) guardLocked() {
	if c.guarded || c.pid == 0 {
		return
	}
	c.guarded = true
	living := c.of.living
	c.of.guards.Go(func() {
		if ending.Wait(living, c.pid) {
			c.of.ended(c)
		}
	})
}

func (ses *Session) ended(c *conn) {
	ses.of.mu.Lock()
	defer ses.of.mu.Unlock()
	c.dead = true
	for l := range ses.claims {
		if l.c == c {
			c.forget(l)
			l.endLocked()
		}
	}
}

// gone ends what the generation had, of which nothing is alive.
func (ses *Session) gone() {
	ses.guards.Wait()
	ses.of.mu.Lock()
	defer ses.of.mu.Unlock()
	for l := range ses.claims {
		l.endLocked()
	}
	ses.asked = nil
	ses.finishLocked()
}
