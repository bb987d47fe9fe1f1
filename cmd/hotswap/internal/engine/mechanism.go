package engine

import (
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/bun"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
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
	Adapters   *node.Transport  // nil: there are none
	NoAdapter  error            // why there are none, unless --no-adapter asked for that
	Writes     handoff.Writes   // nil: nothing is intercepted
	Runtimes   []runtime.Reader // whose processes report what they read
	Why        error            // why this is not the best mechanism; nil: it is
	Relay      *relay.Relay

	builds    handoff.Transport   // notes what builds write; nil: nothing is intercepted
	reporting []handoff.Transport // of the other runtimes
	warmer    handoff.Warmer      // nil: no standby is made
	shortcut  handoff.Shortcut    // nil: the whole command runs each time
	tmp       *scratch.Folder     // lives no longer than hotswap
}

// Chooser chooses a mechanism for an engine's registry. Tests have their own.
type Chooser func(options.Options, systemd.Activation, *reuseport.Registry) (Mechanism, error)

// Choose tries interception, then declared endpoints, and else settles for plain restarts, in
// which the port closes between two generations.
func Choose(o options.Options, a systemd.Activation, r *reuseport.Registry) (Mechanism, error) {
	m := Mechanism{Strategy: o.Strategy, tmp: scratch.New(), Relay: relay.New()}
	m.Relay.As = o.User.As
	if !o.NoAdapter {
		m.Adapters, m.NoAdapter = node.New(m.tmp)
	}
	m.Why = m.intercept(o, r)
	if m.Adapters != nil {
		buns, pythons := bun.New(m.tmp), python.New(m.tmp)
		m.reporting = []handoff.Transport{buns, pythons} // which do more than help standbys
		m.Runtimes = []runtime.Reader{pythons}
		c := runtime.Config{Tmp: m.tmp}
		c.Memory, _ = assets.Cache("packages") // without such a folder each hotswap learns anew
		manager := runtime.New(c, buns, pythons, plan.NewRuntime(m.Adapters, m.Writes != nil, o.StandbyRun...))
		m.Adapters.Remember()
		if !o.NoWarm {
			m.warmer = manager
		}
		if !o.NoDirect {
			m.shortcut = manager
		}
	}
	if passed := a.Passed(o.Listen); len(passed) > 0 {
		m.pass(passed, r)
	}
	if len(m.Transports) == 0 {
		m.Strategy = supervisor.StopFirst
	}
	m.drain(o)
	return m, nil
}
