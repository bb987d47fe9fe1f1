package engine

import (
	"context"
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/proxy"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// proxy opens the address of --proxy. It takes the place of every other way to hand sockets over.
func (m *Mechanism) proxy(o options.Options, a systemd.Activation, r *reuseport.Registry) (err error) {
	if len(a) > 0 {
		return exit.Usagef("--proxy opens its address itself: not below a socket activator")
	}
	m.Proxy, err = proxy.Listen(o.Proxy, proxy.Config{
		Free: port.Free,
		Own:  func(tree []int) ([]handoff.Endpoint, bool) { return ownListeners(r, tree, nil) },
	})
	if err != nil {
		return exit.Unavailable(fmt.Errorf("--proxy %s: %w", o.Proxy.Short(), Taken(o.Proxy, err)))
	}
	m.Transports = append(m.Transports, m.Proxy)
	return nil
}

// proxyDrainer observes a generation by the connections that the proxy passes to it.
func proxyDrainer(p *proxy.Proxy) run.Drainer {
	return func(r run.DrainSpec) run.Drain { return proxyDrain{p.Drain(r.Gen, r.Streams)} }
}

type proxyDrain struct{ *proxy.Drain }

func (d proxyDrain) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	return d.Drain.Run(ctx, func(r proxy.Report) {
		reporter(report.DrainReport{
			Connections: r.Connections, Busy: r.Busy, Streams: r.Streams, Flowing: r.Flowing, Stays: r.Opaque,
			Idle: r.Busy == 0, Retired: r.Retired, Settled: r.Opaque == 0,
		})
	})
}
