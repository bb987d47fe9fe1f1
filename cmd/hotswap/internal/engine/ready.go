package engine

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// asker connects to one generation, and no other.
type asker struct {
	endpoints func(handoff.GenID) []handoff.Endpoint
	dial      func(context.Context, handoff.GenID, handoff.Endpoint) (net.Conn, error)
}

// asker returns what connects by a generation's own gate, or by its own port.
func (m *Mechanism) asker(r *reuseport.Registry) asker {
	if m.Proxy == nil {
		return asker{r.Endpoints, func(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) (net.Conn, error) {
			return dial(ctx, r, gen, e)
		}}
	}
	return asker{m.Proxy.Endpoints, func(ctx context.Context, gen handoff.GenID, _ handoff.Endpoint) (net.Conn, error) {
		return m.Proxy.Dial(ctx, gen)
	}}
}

// readySources returns the transports that find out whether a generation is ready; none if
// listening suffices. gates says that sockets are handed over, so that two generations may
// serve at once.
func readySources(o options.Ready, a asker, tmp *scratch.Folder, gates bool, probation time.Duration) []handoff.Transport {
	switch o.Kind {
	case options.ReadyNotify:
		return []handoff.Transport{readiness.Notify(tmp, os.Getenv(readiness.WatchdogInterval))}
	case options.ReadyLog:
		return []handoff.Transport{readiness.Line(o.Line.String())}
	case options.ReadyHTTP:
		return []handoff.Transport{readiness.HTTP(o.URL, o.Text, connector(o, a, gates), probation)}
	}
	return nil
}

// connector connects to the generation that is probed, and to no other.
func connector(o options.Ready, a asker, gates bool) readiness.Connector {
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
	return readiness.AtGate(o.URL.Hostname(), port, a.endpoints, a.dial)
}
