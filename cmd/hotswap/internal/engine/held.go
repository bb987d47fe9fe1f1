package engine

import (
	"errors"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// heldSockets are sockets that programs ask hotswap for, by their adapters. The generations take turns at them.
type heldSockets struct{ gates }

// hold has the adapters ask.
func (e *Engine) hold(ready options.Ready, cfg *supervisor.Config) {
	bare := none{e.Registry}
	c := held.Config{Wire: e.Adapters.Wire, Early: heldSockets{}.alone(ready), Own: bare.ownListeners}
	askSystem(&c, e.Registry)
	sockets := held.NewRegistry(c)
	e.Mechanism, cfg.Transports = heldSockets{gates{bare, sockets}}, []handoff.Transport{sockets}
}

func (heldSockets) Use(_ bool, s supervisor.Strategy) string {
	if s == supervisor.StopFirst {
		return "Node, Python and Go servers get their sockets from hotswap, " +
			"and the old process ends before the new one starts"
	}
	return "Node, Python and Go servers get their sockets from hotswap, others those of --listen; " +
		"of any other program the old process ends before the new one starts"
}

func (heldSockets) NeedsAdapter() bool { return true }

// alone is so because a probe reaches whoever accepts.
func (heldSockets) alone(r options.Ready) bool { return r.Kind == options.ReadyHTTP }

func (heldSockets) ownGates() error {
	return errors.New("programs ask this hotswap for their sockets, and would have to ask the new one: " +
		"only where sockets are intercepted can hotswap be upgraded")
}
