package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// machinery is what runs a command: the gates, the way in which they are
// handed over, and the supervisor above both.
type machinery struct {
	registry   *reuseport.Registry
	single     []handoff.Endpoint // of the socket activator; one generation at a time can have them
	way        way
	supervisor *supervisor.Supervisor
}

// wayChooser is chooseWay; tests have others.
type wayChooser func(options, activation, *reuseport.Registry) (way, error)

// assemble opens the declared endpoints that were not inherited, chooses the
// way and makes the supervisor. cfg says what is run, with which streams, and
// who is told; the rest of it is filled in here. Nothing runs yet.
//
// Sockets that came from an activator are the registry's from now on.
func assemble(o options, a activation, choose wayChooser, cfg supervisor.Config, inherited ...reuseport.Bequest) (*machinery, error) {
	proc.BecomeSubreaper(markerIn(cfg.Env))
	m := &machinery{registry: reuseport.NewRegistry(reuseport.SystemKernel{})}
	if err := m.registry.Inherit(inherited); err != nil {
		m.close()
		return nil, fmt.Errorf("inherit: %w", err)
	}
	var err error
	if m.single, err = a.adopt(m.registry); err != nil {
		m.close()
		return nil, unavailable(err)
	}
	if len(m.single) > 0 {
		// A standby would need its own socket as long as the old process lives.
		o.strategy, o.noWarm = supervisor.StopFirst, true
	}
	for _, e := range o.listen {
		if m.registry.Declared(e) {
			continue
		}
		if err := m.registry.Declare(e); err != nil {
			m.close()
			return nil, unavailable(fmt.Errorf("--listen %s: %w", e.Short(), withHolder(e, err)))
		}
	}
	if m.way, err = choose(o, a, m.registry); err != nil {
		m.close()
		return nil, err
	}
	cfg.Policy = supervisor.Policy{
		Strategy: m.way.strategy, Watching: !o.noWatch, ReadyAtStart: len(m.way.transports) == 0 && !o.ready.explicit(), ExplicitReady: o.ready.explicit(), MustListen: a.serves(o.listen),
		ReadyTimeout: o.readyTimeout, DrainTimeout: o.drainTimeout,
		Probation: o.probation, OverlapDelay: o.overlapDelay, DrainForever: o.drainTimeout == 0,
		CanaryPercent: o.canary.percent, CanaryTime: o.canary.time, MaxDraining: o.maxDraining,
		ExitOnCrash: o.exitOnCrash, Backoff: supervisor.BackoffPolicy{Jitter: jitter},
	}
	cfg.Env = readiness.WithoutNotify(cfg.Env)
	cfg.Build = o.build
	cfg.StopSignal = o.stopSignal // 0 means the usual one
	cfg.Registry, cfg.Drainer = m.registry, m.way.drainer
	cfg.Detach = func(tree []int, at []handoff.Endpoint) { drain.Cut(tree, at) }
	cfg.Transports = slices.Concat(m.way.transports, readySources(o.ready, m.registry, m.way.tmp, len(m.way.transports) > 0))
	if m.way.adapters != nil {
		cfg.Transports = append(cfg.Transports, m.way.adapters)
	}
	if m.way.pythons != nil {
		cfg.Transports = append(cfg.Transports, m.way.pythons, m.way.rubies)
	}
	cfg.Warmer = m.way.warmer
	cfg.Relay = relay.New()
	m.supervisor = supervisor.New(cfg)
	return m, nil
}

// jitter changes a pause by up to a fifth, so that several supervisors whose
// programs crash for one reason do not restart them in step.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// close gives the gates up, and removes what was temporary, once the supervisor has
// ended.
func (m *machinery) close() {
	_ = m.registry.Close()
	_ = m.way.tmp.Close()
}

// upgradable says why hotswap cannot be upgraded while this engine runs; nil: it can.
func (m *machinery) upgradable() error {
	switch {
	case len(m.way.transports) == 0:
		return errors.New("sockets cannot be handed over here")
	case m.way.strategy == supervisor.StopFirst:
		return errors.New("one generation has to end before the next begins (--strategy stop-first)")
	}
	return nil
}

// withHolder adds who listens on an endpoint that is in use.
func withHolder(e handoff.Endpoint, err error) error {
	if pid, name := holder(e); pid != 0 {
		return fmt.Errorf("%w: taken by %s (process %d)", err, name, pid)
	}
	return err
}
