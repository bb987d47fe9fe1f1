package engine

import (
	"errors"
	"net/netip"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/proxy"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// proxied is the address of --proxy, whose bytes hotswap copies. It takes the place of every other way to hand sockets
// over.
type proxied struct {
	gates
	proxy *proxy.Proxy
}

// proxy opens the address. No adapter is asked what is under way: the proxy knows.
func (e *Engine) proxy(at handoff.Endpoint, cfg *supervisor.Config) error {
	p, err := proxy.Listen(at, proxy.Config{
		Free: port.Free,
		Own:  none{e.Registry}.ownListeners,
		Answers: func(at netip.AddrPort) (uint64, bool) {
			socket, uid := listenerAt(at)
			return socket, socket != 0 && uid != 0 && uid != os.Geteuid()
		},
	})
	if err != nil {
		return Taken("--proxy", at, err)
	}
	e.Mechanism, cfg.Transports = proxied{gates{none{e.Registry}, p}, p}, []handoff.Transport{p}
	cfg.Drainer = drainer(nil, drainPolicy{}, func(r run.DrainSpec, _ *connections.Session) (inspector, error) {
		return throughProxy{p, r.Gen}, nil
	})
	return nil
}

func (proxied) alone(options.Ready) bool { return false }

func (p proxied) connector(host string, port uint16) readiness.Connector {
	return readiness.AtGate(host, port, p.Endpoints, p.proxy.Dial)
}

func (p proxied) count(st *report.Status) {
	st.Proxy = true
	for i, g := range st.Generations {
		st.Generations[i].Connections = p.proxy.Report(g.ID).Connections
	}
}

func (proxied) ownGates() error {
	return errors.New("connections pass through this hotswap (--proxy), and would end with it")
}

// throughProxy looks at the connections of a generation.
type throughProxy struct {
	of  *proxy.Proxy
	gen handoff.GenID
}

func (p throughProxy) Inspect() (report.DrainReport, time.Duration, bool) {
	return p.of.Report(p.gen), wait.Poll, true
}

func (p throughProxy) EndStreams() { p.of.EndStreams(p.gen) }
func (throughProxy) Close()        {}
