package engine

import (
	"cmp"
	"context"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// readySources returns the transports that find out whether a generation is ready; none if listening suffices.
func (m *Mechanism) readySources(o options.Ready, r *reuseport.Registry, probation time.Duration) []handoff.Transport {
	switch o.Kind {
	case options.ReadyNotify:
		return []handoff.Transport{readiness.Notify(m.tmp, os.Getenv(readiness.WatchdogInterval))}
	case options.ReadyLog:
		return []handoff.Transport{readiness.Line(o.Line.String())}
	case options.ReadyHTTP:
		return []handoff.Transport{readiness.HTTP(o.URL, o.Text, m.connector(o, r), probation)}
	}
	return nil
}

// connector connects to the generation that is probed, and to no other: by its own gate, or by its own port.
func (m *Mechanism) connector(o options.Ready, r *reuseport.Registry) readiness.Connector {
	n, _ := strconv.ParseUint(cmp.Or(o.URL.Port(), map[string]string{"http": "80", "https": "443"}[o.URL.Scheme]), 10, 16)
	host, port := o.URL.Hostname(), uint16(n)
	switch {
	case m.Proxy != nil:
		return readiness.AtGate(host, port, m.Proxy.Endpoints, func(ctx context.Context, gen handoff.GenID, _ handoff.Endpoint) (net.Conn, error) {
			return m.Proxy.Dial(ctx, gen)
		})
	case m.Held != nil || len(m.Transports) == 0: // no two generations listen at a time
		return readiness.Plainly(host, port)
	}
	return readiness.AtGate(host, port, r.Endpoints, func(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) (net.Conn, error) {
		return dial(ctx, r, gen, e)
	})
}
