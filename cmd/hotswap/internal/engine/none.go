package engine

import (
	"errors"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// none hands nothing over: the old process ends before the new one starts.
type none struct{ *reuseport.Registry }

func (none) Use(listen bool, _ supervisor.Strategy) string {
	if listen {
		return "only the addresses of --listen are handed over"
	}
	return "plain restarts: the port is closed between two generations, unless you give --proxy"
}

func (n none) Queues(each func(handoff.Endpoint, int)) (waits bool) {
	n.Registry.Queues(each)
	return false
}

func (none) connector(host string, port uint16) readiness.Connector {
	return readiness.Plainly(host, port)
}

func (none) NeedsAdapter() bool       { return false }
func (none) alone(options.Ready) bool { return true }
func (none) count(*report.Status)     {}
func (none) ownGates() error          { return errors.New("sockets cannot be handed over here") }
