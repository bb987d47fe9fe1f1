package systemd

import (
	"fmt"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// claimedWithin is how long a generation that serves may take to serve the addresses
// of the socket activator too.
const claimedWithin = 2 * time.Second

// claimReporter hears which address nobody serves.
type claimReporter interface {
	Unclaimed(gen handoff.GenID, at handoff.Endpoint, why string)
}

// claims warns of a first generation that does not serve an address which the
// socket activator has opened: clients wait there for nobody.
type Claims struct {
	Activation Activation
	Say        claimReporter
	Began      bool // a generation has served; the loop's

	mu     sync.Mutex // guards served
	served []handoff.Endpoint
}

// Note takes what the supervisor tells.
func (c *Claims) Note(n supervisor.Notice) {
	switch n := n.(type) {
	case supervisor.NoticeServing:
		c.Serves(n.Endpoints...)
		if own := c.Activation.Endpoints(); !c.Began && len(own) > 0 {
			time.AfterFunc(claimedWithin, func() { c.check(n.Gen) })
		}
		c.Began = true
	case supervisor.NoticeListening:
		c.Serves(n.Endpoint)
	}
}

func (c *Claims) Serves(endpoints ...handoff.Endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.served = append(c.served, endpoints...)
}

func (c *Claims) check(gen handoff.GenID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, missing := range unclaimed(c.Activation.Endpoints(), c.served) {
		c.Say.Unclaimed(gen, missing.endpoint, missing.String())
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
