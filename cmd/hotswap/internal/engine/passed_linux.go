package engine

import (
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// passed gives each generation gates of its own, by number, at the addresses of --listen and of a socket activator.
type passed struct{ none }

// pass adds these gates to those of another mechanism. Without one, they are the mechanism.
func (e *Engine) pass(p systemd.Activation, cfg *supervisor.Config) {
	if len(cfg.Transports) == 0 {
		e.Mechanism = passed{none{e.Registry}}
	}
	cfg.Transports = append(cfg.Transports, listenfds.New(e.Registry, p, e.Registry.Probe))
}

func (passed) alone(options.Ready) bool { return false }

func (p passed) connector(host string, port uint16) readiness.Connector {
	return readiness.AtGate(host, port, p.Endpoints, p.Dial)
}

func (passed) ownGates() error { return nil }
