package engine

import (
	"context"
	"net"
	"strconv"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// readySources returns the transports that find out whether a generation is ready; none if
// listening suffices. gates says that sockets are handed over, so that two generations may
// serve at once.
func readySources(o options.Ready, r *reuseport.Registry, tmp *scratch.Folder, gates bool) []handoff.Transport {
	switch o.Kind {
	case options.ReadyNotify:
		return []handoff.Transport{readiness.Notify(tmp)}
	case options.ReadyLog:
		return []handoff.Transport{readiness.Line(o.Line.String())}
	case options.ReadyHTTP:
		return []handoff.Transport{readiness.HTTP(o.URL, o.Text, connector(o, r, gates))}
	}
	return nil
}

// connector connects to the generation that is probed, and to no other.
func connector(o options.Ready, r *reuseport.Registry, gates bool) readiness.Connector {
	port := uint16(80)
	if o.URL.Scheme == "https" {
		port = 443
	}
	if n, err := strconv.ParseUint(o.URL.Port(), 10, 16); err == nil {
		port = uint16(n)
	}
	if !gates {
		return readiness.Plainly(o.URL.Hostname(), port)
	}
	return readiness.AtGate(o.URL.Hostname(), port, r.Endpoints, func(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) (net.Conn, error) {
		return dial(ctx, r, gen, e)
	})
}
