package engine

import (
	"fmt"
	"net/netip"
	"os"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/proxy"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// proxy opens the address of --proxy. It takes the place of every other way to hand sockets over.
func (m *Mechanism) proxy(o options.Options, a systemd.Activation, r *reuseport.Registry) (err error) {
	if len(a) > 0 {
		return exit.Usagef("--proxy opens its address itself: not below a socket activator")
	}
	m.Proxy, err = proxy.Listen(o.Proxy, proxy.Config{
		Free: port.Free,
		Own:  func(tree []int) ([]handoff.Endpoint, []uint64, bool) { return ownListeners(r, tree, nil) },
		Answers: func(at netip.AddrPort) (uint64, bool) {
			socket, uid := listenerAt(at)
			return socket, socket != 0 && uid != 0 && uid != os.Geteuid()
		},
	})
	if err != nil {
		return exit.Unavailable(fmt.Errorf("--proxy %s: %w", o.Proxy.Short(), Taken(o.Proxy, err)))
	}
	m.Transports = append(m.Transports, m.Proxy)
	return nil
}

// proxyDrainer observes a generation by the connections that the proxy passes to it.
func proxyDrainer(p *proxy.Proxy) run.Drainer {
	return func(r run.DrainSpec) run.Drain { return p.Drain(r.Gen, r.Streams) }
}
