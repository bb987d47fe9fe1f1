package engine

import (
	"cmp"
	"context"
	"net"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
)

// readySources returns the transports that find out whether a generation is ready; none if listening suffices. With a
// URL, it also sets Ask.
func (e *Engine) readySources(o options.Ready, probation time.Duration) []handoff.Transport {
	switch o.Kind {
	case options.ReadyNotify:
		return []handoff.Transport{readiness.Notify(e.tmp, os.Getenv(readiness.WatchdogInterval))}
	case options.ReadyLog:
		return []handoff.Transport{readiness.Line(o.Line.String())}
	case options.ReadyHTTP:
		n, _ := net.LookupPort("tcp", cmp.Or(o.URL.Port(), o.URL.Scheme))
		connect := func(ctx context.Context, gen handoff.GenID) (net.Conn, error) {
			port := uint16(n)
			if e.Ports != nil {
				port = cmp.Or(e.Ports.Connect(port), port)
			}
			return e.Mechanism.connector(o.URL.Hostname(), port)(ctx, gen)
		}
		return []handoff.Transport{readiness.HTTP(o.URL, o.Text, connect, probation)}
	}
	return nil
}
