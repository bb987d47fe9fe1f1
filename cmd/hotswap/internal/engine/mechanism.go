package engine

import (
	"errors"
	"runtime"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Mechanism is how sockets are handed over on this machine. There are five, each in a file of its own:
//
//   - intercepted: the kernel reports what programs bind, and each generation gets gates of its own
//   - held: programs ask hotswap for their sockets, at which the generations take turns
//   - passed: each generation gets gates of its own by number, at the addresses that hotswap or an activator has opened
//   - proxied: clients connect to hotswap, which copies bytes
//   - none: the old process ends before the new one starts
//
// Each has the methods of none, but for those that it replaces. A method of Engine makes it (intercept, hold, pass,
// proxy), and adds its transport to the configuration of the supervisor.
type Mechanism interface {
	supervisor.Gates
	// Queues calls each for the sockets in whose queues clients wait while nothing serves, and reports whether one
	// waits that was accepted.
	Queues(each func(at handoff.Endpoint, fd int)) (waits bool)
	Close()
	// Use says for people what is used instead of the best mechanism.
	Use(listen bool, s supervisor.Strategy) string
	// NeedsAdapter reports whether the generations of a program without an adapter take turns.
	NeedsAdapter() bool

	// alone reports whether only one generation at a time can listen, or be asked whether it is ready.
	alone(options.Ready) bool
	// connector connects to the generation that is asked whether it is ready, and to no other.
	connector(host string, port uint16) readiness.Connector
	// count completes the status by the connections that the mechanism knows.
	count(*report.Status)
	// ownGates returns an error unless each generation has gates of its own. The error says why no other hotswap can
	// take over; and one generation may be refused an address that another one has.
	ownGates() error
}

// choose tries interception. Without it, programs with an adapter ask for their sockets, and others may be passed those
// of declared endpoints. Else it settles for plain restarts, in which the port closes between two generations. A proxy
// is made only on demand, and takes the place of all that.
func (e *Engine) choose(o options.Options, p systemd.Activation, ports intercept.Ports, cfg *supervisor.Config) error {
	cfg.Drainer = drainer(e.Adapters, drainPolicy(o), inspectKernel)
	if o.Proxies() {
		if len(p) > 0 {
			return exit.Usagef("--proxy opens its address itself: not below a socket activator")
		}
		return e.proxy(o.Proxy, cfg)
	}
	runtime.GOMAXPROCS(1) // few bytes of clients pass here, and to wake another processor costs more than it saves
	e.Why = errors.New("--interception never")
	if !o.NoInterception {
		e.Why = e.intercept(!o.NoWatch, ports, cfg)
	}
	if e.Why != nil && e.Adapters != nil && (steers || len(p) == 0) {
		e.hold(o.Ready, cfg)
	}
	if len(p) > 0 {
		e.pass(p, cfg)
	}
	return nil
}
