package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// activated tells what the socket activator has passed.
func (l lines) activated(a activation, single []handoff.Endpoint) {
	if own := a.endpoints(); len(own) > 0 {
		l.log.Info().Str("event", "activated").Str("endpoints", join(own)).
			Msgf("%s came from the socket activator; clients wait until generation 1 serves", join(own))
	}
	if shared := a.shared(); len(shared) > 0 {
		l.log.Info().Str("event", "activated").Strs("shared", shared).
			Msgf("%s: passed on to the program as the socket activator made it, so the old process and the new one share it during a swap", strings.Join(shared, ", "))
	}
	if len(single) > 0 {
		l.log.Warn().Str("event", "activated").Str("single", join(single)).
			Msgf("%s: hotswap may open no second socket there, because the first one belongs to another user or the port needs a privilege. So each swap stops the old process before the new one starts, clients wait meanwhile, and no standby is made (run hotswap as the user who opened the socket to have both at once)", join(single))
	}
}

// claimedWithin is how long a generation that serves may take to serve the addresses
// of the socket activator too.
const claimedWithin = 2 * time.Second

// claims warns of a first generation that does not serve an address which the
// socket activator has opened: clients wait there for nobody.
type claims struct {
	activation activation
	say        lines
	began      bool // a generation has served; the loop's

	mu     sync.Mutex // guards served
	served []handoff.Endpoint
}

// notice looks at what the supervisor tells, before tell is told.
func (c *claims) notice(tell func(any)) func(any) {
	return func(n any) {
		tell(n)
		switch n := n.(type) {
		case supervisor.NoticeServing:
			c.serves(n.Endpoints...)
			if own := c.activation.endpoints(); !c.began && len(own) > 0 {
				time.AfterFunc(claimedWithin, func() { c.check(n.Gen) })
			}
			c.began = true
		case supervisor.NoticeListening:
			c.serves(n.Endpoint)
		}
	}
}

func (c *claims) serves(endpoints ...handoff.Endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.served = append(c.served, endpoints...)
}

func (c *claims) check(gen handoff.GenID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, missing := range unclaimed(c.activation.endpoints(), c.served) {
		c.say.log.Warn().Str("event", "unclaimed").Int("gen", int(gen)).Str("endpoint", missing.endpoint.Short()).
			Msgf("generation %d %s", gen, missing)
	}
}

// unserved is an address that the program does not serve.
type unserved struct{ endpoint, instead handoff.Endpoint }

func (m unserved) String() string {
	if m.instead == (handoff.Endpoint{}) {
		return fmt.Sprintf("does not serve %s, which the socket activator has opened: clients wait there", m.endpoint)
	}
	return fmt.Sprintf("serves %s, and the socket activator has opened %s, where clients wait: give both the same address", m.instead, m.endpoint)
}

// unclaimed are the wanted addresses that are not served, each with one of the same
// port that is.
func unclaimed(want, served []handoff.Endpoint) (out []unserved) {
	for _, e := range want {
		m, has := unserved{endpoint: e}, false
		for _, s := range served {
			has = has || s == e
			if s.Port() == e.Port() {
				m.instead = s
			}
		}
		if !has {
			out = append(out, m)
		}
	}
	return out
}
