package engine

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Engine is what runs a command: the gates, the way in which they are
// handed over, and the supervisor above both.
type Engine struct {
	Registry   *reuseport.Registry
	Single     []handoff.Endpoint // of the socket activator; one generation at a time can have them
	Mechanism  Mechanism
	Supervisor *supervisor.Supervisor
}

// Chooser is chooseWay; tests have others.
type Chooser func(options.Options, systemd.Activation, *reuseport.Registry) (Mechanism, error)

// New opens the declared endpoints that were not inherited, chooses the
// Mechanism and makes the supervisor. cfg says what is run, with which streams, and
// who is told; the rest of it is filled in here. Nothing runs yet.
//
// Sockets that came from an activator are the registry's from now on.
func New(o options.Options, a systemd.Activation, choose Chooser, cfg supervisor.Config, inherited ...reuseport.GateTransfer) (*Engine, error) {
	proc.BecomeSubreaper(options.MarkerIn(cfg.Env))
	m := &Engine{Registry: reuseport.NewRegistry(reuseport.SystemKernel{})}
	if err := m.Registry.Inherit(inherited); err != nil {
		m.Close()
		return nil, fmt.Errorf("inherit: %w", err)
	}
	var err error
	if m.Single, err = a.Adopt(m.Registry); err != nil {
		m.Close()
		return nil, exit.Unavailable(err)
	}
	if len(m.Single) > 0 {
		// A standby would need its own socket as long as the old process lives.
		o.Strategy, o.NoWarm = supervisor.StopFirst, true
	}
	for _, e := range o.Listen {
		if m.Registry.Declared(e) {
			continue
		}
		if err := m.Registry.Declare(e); err != nil {
			m.Close()
			return nil, exit.Unavailable(fmt.Errorf("--listen %s: %w", e.Short(), withHolder(e, err)))
		}
	}
	if m.Mechanism, err = choose(o, a, m.Registry); err != nil {
		m.Close()
		return nil, err
	}
	cfg.Policy = supervisor.Policy{
		Strategy: m.Mechanism.Strategy, Watching: !o.NoWatch, ReadyAtStart: len(m.Mechanism.Transports) == 0 && !o.Ready.Explicit(), ExplicitReady: o.Ready.Explicit(), MustListen: len(o.Listen)+len(a.Endpoints()) > 0,
		ReadyTimeout: o.ReadyTimeout, DrainTimeout: o.DrainTimeout,
		Probation: o.Probation, DrainForever: o.DrainTimeout == 0,
		CanaryPercent: o.Canary.Percent, CanaryTime: o.Canary.Time, MaxDraining: o.MaxDraining,
		ExitOnCrash: o.ExitOnCrash, Backoff: supervisor.BackoffPolicy{Jitter: jitter},
	}
	cfg.Env = readiness.WithoutNotify(cfg.Env)
	cfg.Build, cfg.BuildTransport = o.Build, m.Mechanism.builds
	cfg.StopSignal = o.StopSignal // 0 means the usual one
	cfg.Registry, cfg.Drainer = m.Registry, m.Mechanism.Drainer
	cfg.Detach = func(tree []int, at []handoff.Endpoint) { drain.Cut(tree, at) }
	cfg.Transports = slices.Concat(m.Mechanism.Transports, readySources(o.Ready, m.Registry, m.Mechanism.tmp, len(m.Mechanism.Transports) > 0))
	if m.Mechanism.Adapters != nil {
		cfg.Transports = append(cfg.Transports, m.Mechanism.Adapters)
	}
	cfg.Transports = append(cfg.Transports, m.Mechanism.reporting...)
	cfg.Warmer = m.Mechanism.warmer
	cfg.Relay = relay.New()
	m.Supervisor = supervisor.New(cfg)
	return m, nil
}

// jitter changes a pause by up to a fifth, so that several supervisors whose
// programs crash for one reason do not restart them in step.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// close gives the gates up, and removes what was temporary, once the supervisor has
// ended.
func (m *Engine) Close() {
	_ = m.Registry.Close()
	_ = m.Mechanism.tmp.Close()
}

// upgradable says why hotswap cannot be upgraded while this engine runs; nil: it can.
func (m *Engine) Upgradable() error {
	switch {
	case len(m.Mechanism.Transports) == 0:
		return errors.New("sockets cannot be handed over here")
	case m.Mechanism.Strategy == supervisor.StopFirst:
		return errors.New("one generation has to end before the next begins (--strategy stop-first)")
	}
	return nil
}

// withHolder adds who listens on an endpoint that is in use.
func withHolder(e handoff.Endpoint, err error) error {
	if pid, name := ListenerOwner(e); pid != 0 {
		return fmt.Errorf("%w: taken by %s (process %d)", err, name, pid)
	}
	return err
}
