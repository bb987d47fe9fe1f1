package engine

import (
	"context"
	"errors"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/websocket"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// keepWithin bounds how long a WebSocket that is to move may be in the midst of a
// message.
const keepWithin = 5 * time.Second

// within is that time with this --drain-timeout: who is told instead has two seconds
// to answer before the program is told to stop, or half of the time.
func within(drainTimeout time.Duration) time.Duration {
	if drainTimeout == 0 {
		return keepWithin
	}
	stop := max(drainTimeout-3*time.Second, 0)
	return min(keepWithin, max(stop-2*time.Second, stop/2, 100*time.Millisecond))
}

// parting is what the options say of WebSockets. After an upgrade those of the
// generations before are told: their next process belongs to the child. So
// are they where the next process starts when this one has ended.
func partingOf(o options.Options, r *reuseport.Registry, s supervisor.Strategy) parting {
	p := parting{spread: o.Spread}
	if o.KeepsWebSockets() && s == supervisor.Overlap {
		within := within(o.DrainTimeout)
		p.keep = func() time.Duration {
			if r.Transferred() {
				return 0
			}
			return within
		}
	}
	return p
}

// keep lets WebSockets go to the generation that serves.
func (m *Engine) Keep(rules []websocket.Rule, report func(node.HandoffStats)) {
	if m.Mechanism.Adapters == nil {
		return
	}
	m.Mechanism.Adapters.HandOver(node.WebSocketHandoff{
		Rules: rules, Report: report,
		Successor: func() handoff.GenID {
			s := m.Supervisor.Status()
			if s.State == supervisor.PhaseStopping || s.State == supervisor.PhaseStopped {
				return 0
			}
			return s.Generation
		},
		Probe: func(ctx context.Context, gen handoff.GenID, port uint16) error {
			for _, e := range m.Registry.Endpoints(gen) {
				if e.Addr.Port() == port {
					return m.Mechanism.probe(ctx, gen, e)
				}
			}
			return errors.New("the generation does not listen there")
		},
	})
}
