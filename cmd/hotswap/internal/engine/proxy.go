package engine

import (
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/proxy"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
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
	m.turns, m.Transports = m.Proxy, append(m.Transports, m.Proxy)
	return nil
}

type proxied struct {
	of  *proxy.Proxy
	gen handoff.GenID
}

func (p proxied) Look() (report.DrainReport, time.Duration, bool) {
	return p.of.Report(p.gen), wait.Look, true
}

func (p proxied) EndStreams() { p.of.EndStreams(p.gen) }
func (proxied) Close()        {}
