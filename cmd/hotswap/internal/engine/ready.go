package engine

import (
	"context"
	"fmt"
	"net"
	"regexp"
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
		return []handoff.Transport{outputLine{o.Line}}
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
		return reuseport.Dial(ctx, r, gen, e)
	})
}

// outputLine says what a boot lacks while no line of its output has matched. The console
// finds the line and tells the supervisor.
type outputLine struct{ pattern *regexp.Regexp }

// Name returns "log".
func (outputLine) Name() string { return "log" }

// Prepare changes nothing.
func (o outputLine) Prepare(l *handoff.Launch) (handoff.Session, error) {
	return outputSession{o, l.Gen}, nil
}

type outputSession struct {
	outputLine
	gen handoff.GenID
}

// Run reports once.
func (s outputSession) Run(_ context.Context, _ handoff.Running, report func(handoff.Event)) error {
	report(handoff.Unready{Gen: s.gen, Why: fmt.Sprintf("no line of its output matched %q", s.pattern)})
	return nil
}
