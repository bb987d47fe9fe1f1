package engine

import (
	"errors"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/proxy"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/bun"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/plan"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// Mechanism is how sockets are handed over on this machine, and what comes with that.
type Mechanism struct {
	Transports []handoff.Transport // none: sockets are not handed over
	Strategy   supervisor.Strategy
	Drainer    run.Drainer
	Adapters   *adapters.Transport // nil: there are none
	NoAdapter  error               // why there are none, unless --no-adapter asked for that
	Writes     handoff.Writes      // nil: nothing is intercepted or watched
	Python     *python.Runtime     // whose processes report what they read; nil: none do
	Why        error               // why this is not the best mechanism; nil: it is
	Held       *held.Registry      // of the sockets that programs ask for; nil: sockets are intercepted, or not handed over
	Proxy      *proxy.Proxy        // of --proxy; nil: there is none, and no byte is copied
	Relay      *relay.Relay

	turns     turns               // of Held or Proxy; nil: there is neither
	builds    handoff.Transport   // notes what builds write; nil: nothing is intercepted
	reporting []handoff.Transport // of the other runtimes
	warmer    handoff.Warmer      // nil: no standby is made
	shortcut  handoff.Shortcut    // nil: the whole command runs each time
	tmp       *scratch.Folder     // lives no longer than hotswap
}

var errNever = errors.New("--interception never")

// Choose tries interception. Without it, programs with an adapter ask for their sockets, and others may be passed those of
// declared endpoints. Else it settles for plain restarts, in which the port closes between two generations. A proxy is made
// only on demand, and takes the place of all that.
func Choose(o options.Options, a systemd.Activation, r *reuseport.Registry, tmp *scratch.Folder) (Mechanism, error) {
	m := Mechanism{Strategy: o.Strategy, tmp: tmp, Relay: relay.New()}
	if !o.NoAdapter {
		m.Adapters, m.NoAdapter = adapters.New(m.tmp)
	}
	switch {
	case o.Proxies():
		if err := m.proxy(o, a, r); err != nil {
			return m, err
		}
	case o.NoInterception:
		m.Why = errNever
	default:
		m.Why = m.intercept(o, r)
	}
	if m.Adapters != nil {
		folder := func(gen handoff.GenID) string { return m.Adapters.Wire(gen).Folder() }
		buns, pythons := bun.New(folder), python.New(folder, o.StandbyRun...)
		m.reporting = []handoff.Transport{buns, pythons} // which do more than help standbys
		m.Python = &pythons
		c := runtime.Config{Tmp: m.tmp}
		c.Memory, _ = assets.Cache("packages") // without such a folder each hotswap learns anew
		manager := runtime.New(c, buns, pythons, plan.NewRuntime(m.Adapters.Files, m.builds != nil, o.StandbyRun...))
		if !o.NoWarm {
			m.warmer = manager
		}
		if !o.NoDirect {
			m.shortcut = manager
		}
		if m.Why != nil && mayHold(a) {
			m.hold(o, r)
		}
	}
	if passed := a.Passed(o.Listen); len(passed) > 0 {
		m.pass(passed, r)
	}
	if len(m.Transports) == 0 {
		m.Strategy = supervisor.StopFirst
	}
	m.Drainer = drainer(m.Adapters, newDrainPolicy(o), looks)
	if m.Proxy != nil {
		m.Drainer = drainer(nil, drainPolicy{}, func(r run.DrainSpec, _ *connections.Session) (looker, error) { return proxied{m.Proxy, r.Gen}, nil })
	}
	if o.Idle > 0 {
		return m, m.sleepable()
	}
	return m, nil
}

// hold has programs ask for their sockets.
func (m *Mechanism) hold(o options.Options, r *reuseport.Registry) {
	m.Held = held.NewRegistry()
	m.turns = m.Held
	c := held.Config{Wire: m.Adapters.Wire, Own: func(tree, asking []int) []handoff.Endpoint {
		own, _, _ := ownListeners(r, tree, asking)
		return own
	}}
	askSystem(&c, r)
	c.Early = o.Ready.Kind == options.ReadyHTTP
	if c.Early { // a probe reaches whoever accepts
		m.Strategy = supervisor.StopFirst
	}
	m.Transports = append(m.Transports, held.New(m.Held, c))
}

// Use says for people what is used instead of the best mechanism.
func (m *Mechanism) Use(listen bool) string {
	switch {
	case m.Held != nil && m.Strategy == supervisor.StopFirst:
		return "Node, Python and Go servers get their sockets from hotswap, and the old process ends before the new one starts"
	case m.Held != nil:
		return "Node, Python and Go servers get their sockets from hotswap, others those of --listen; of any other program the old process ends before the new one starts"
	case listen:
		return "only the addresses of --listen are handed over"
	}
	return "plain restarts: the port is closed between two generations, unless you give --proxy"
}
