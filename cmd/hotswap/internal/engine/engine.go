// Package engine chooses how sockets are handed over on this machine, and assembles what runs a
// command: the registry of gates, the transports, the drainer, the runtimes that prepare
// standbys, and the supervisor.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exclusive"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/lastrun"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/place"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

type Engine struct {
	Registry   *reuseport.Registry
	Supervisor *supervisor.Supervisor
	Mechanism  Mechanism
	Places     *place.Server // the programs' side: state, places, leases

	tmp         *scratch.Folder // lives no longer than hotswap
	exclusive   atomic.Bool     // a generation has had something open that only one process may have
	connections connectionCount
	ending      handoff.GenID // has ended its connections since a stop waits; the supervisor's loop owns it

	// Single are the endpoints of the socket activator of which only one generation at a
	// time can have a socket.
	Single []handoff.Endpoint
}

type Config struct {
	Options    options.Options
	Activation systemd.Activation // the registry owns its listeners from New on
	Last       lastrun.Kind       // how the program ran last
	Supervisor supervisor.Config  // the command, its streams, and the reader of notices; New adds the rest
}

// New returns an engine that has nothing but what its registry inherits. noSocket is called when a program starts
// without a socket for its state.
func New(noSocket func(error)) *Engine {
	tmp := scratch.New()
	state := place.Config{Folder: tmp, Store: store.New(store.Standard), Without: noSocket}
	return &Engine{tmp: tmp, Registry: newRegistry(tmp), Places: place.New(state)}
}

// Open completes an engine, which does not run yet. It opens the addresses of --listen, unless a parent has left their
// gates.
func (e *Engine) Open(c Config) (err error) {
	o, cfg := c.Options, c.Supervisor
	proc.BecomeSubreaper(options.RunEnv + "=" + handoff.Value(cfg.Env, options.RunEnv))
	e.Single, err = c.Activation.Adopt(e.Registry)
	if err != nil {
		return exit.Unavailable(err)
	}
	if len(e.Single) > 0 {
		// A standby would need its own socket while the old process lives.
		o.Strategy, o.NoWarm = supervisor.StopFirst, true
	}
	if err := e.declare(&o, &c.Activation); err != nil {
		return err
	}
	e.Mechanism, err = Choose(o, c.Activation, e.Registry, e.tmp)
	if err != nil {
		return err
	}
	m := e.Mechanism
	handsOver := len(m.Transports) > 0
	cfg.Policy = supervisor.Policy{
		Strategy: m.Strategy, Watching: !o.NoWatch,
		ReadyAtStart: o.Ready.Kind == options.ReadyStart || !handsOver && !o.Ready.Explicit(), ExplicitReady: o.Ready.Explicit(),
		MustListen:   slices.Concat(o.Opens(), c.Activation.Endpoints()),
		ReadyTimeout: o.ReadyTimeout, DrainTimeout: o.DrainTimeout, DrainForever: o.DrainTimeout == 0,
		StreamTimeout: o.StreamTimeout, Probation: o.Probation,
		MaxCrashes: o.MaxCrashes, Server: o.Port != options.Port{} || c.Last == lastrun.Port,
	}
	cfg.Policy.Told = o.Port != options.Port{} || o.Ready.Explicit() || len(cfg.Policy.MustListen) > 0
	files, _ := cfg.Environ() // an error is told at the start
	cfg.Policy.Listens = handoff.Value(slices.Concat(cfg.Env, files.Vars), "PORT") != ""
	cfg.Policy.Portless = c.Last == lastrun.Worker && !cfg.Policy.Listens
	cfg.Env = held.Without(readiness.WithoutNotify(cfg.Env))
	cfg.BuildTransport = m.builds
	cfg.StopSignal = o.StopSignal
	cfg.Registry, cfg.Relay = e.Registry, m.Relay
	if m.turns != nil {
		cfg.Registry = gates{e.Registry, m.turns}
	}
	cfg.Drainer = m.Drainer
	cfg.Warmer, cfg.Shortcut, cfg.Detach = m.warmer, m.shortcut, detach
	cfg.Transports = slices.Concat(m.Transports, m.readySources(o.Ready, e.Registry, o.Probation))
	if m.Adapters != nil {
		cfg.Adopt = func(at handoff.Endpoint, fd int) bool {
			if at.IsUnix() {
				return m.Adapters.Adopt(at.Path, fd)
			}
			return m.Adapters.Adopt(at.Addr.String(), fd)
		}
		cfg.Transports = slices.Insert(cfg.Transports, 0, handoff.Transport(m.Adapters)) // others use its wire
	}
	cfg.Transports = append(cfg.Transports, m.reporting...)
	cfg.Transports, cfg.Places = append(cfg.Transports, e.Places), e.Places
	e.Supervisor = supervisor.New(cfg)
	return nil
}

// Close closes the gates and removes temporary files. The supervisor must have ended.
func (e *Engine) Close() {
	_ = e.Registry.Close()
	if e.Mechanism.turns != nil {
		e.Mechanism.turns.Close()
	}
	_ = e.tmp.Close()
}

// Watch looks, until ctx ends, at what nobody reports: listeners that the program has closed, what only one
// process may have open, and whether the program has work: without for idle, it sleeps. refused has what the program's output says
// of what only one process may have, and found is called with that.
func (e *Engine) Watch(ctx context.Context, idle time.Duration, refused exclusive.Refusals, found func(exclusive.Holding)) {
	var all sync.WaitGroup
	all.Go(func() { e.Registry.WatchClosed(ctx, e.Supervisor.Released) })
	all.Go(func() { e.passOn(ctx) })
	all.Go(func() { e.sleep(ctx, idle) })
	e.findExclusive(ctx, refused, found)
	all.Wait()
}

// ParentEnded says that the hotswap which this one upgrades has ended. Its gates can go, and clients who still wait there
// are passed on.
func (e *Engine) ParentEnded() {
	e.Registry.GenerationEnded(reuseport.Parent)
	e.Supervisor.Released()
}

func (e *Engine) Upgradable() error {
	switch {
	case len(e.Mechanism.Transports) == 0:
		return errors.New("sockets cannot be handed over here")
	case e.Mechanism.Held != nil:
		return errors.New("programs ask this hotswap for their sockets, and would have to ask the new one: only where sockets are intercepted can hotswap be upgraded")
	case e.Mechanism.Proxy != nil:
		return errors.New("connections pass through this hotswap (--proxy), and would end with it")
	case e.exclusive.Load():
		return errors.New("only one process may have the program's database open")
	case e.Mechanism.Strategy == supervisor.StopFirst:
		return errors.New("one generation has to end before the next begins (--strategy stop-first)")
	}
	return nil
}

// EndKeepAlive has the adapters of what serves say in each answer that its connection ends, once a stop waits for the end
// of its delay. It runs in the supervisor's loop.
func (e *Engine) EndKeepAlive(st *report.Status) {
	if st.StopsAt.IsZero() || st.Generation == e.ending {
		return
	}
	e.ending = st.Generation
	if a := e.Mechanism.Adapters.Connections(st.Generation); a != nil {
		a.Drain(connections.DrainOptions{Serves: true})
	}
}

// MoveConnections lets connections move to the generation that serves; WebSockets only with keep.
func (e *Engine) MoveConnections(keep bool, reporter func(connections.HandoffStats)) {
	if e.Mechanism.Adapters == nil {
		return
	}
	e.Mechanism.Adapters.KeepWebSockets = keep
	e.Mechanism.Adapters.HandOver(connections.Handoff{
		Report: reporter,
		Successor: func() (gen handoff.GenID, awaited bool) {
			s := e.Supervisor.Status()
			if s.State == report.PhaseStopping && s.StopsAt.IsZero() || s.State == report.PhaseStopped {
				return 0, false
			}
			return s.Generation, true
		},
	})
}

// Count completes the status by what programs do: their connections and what they have asked for.
func (e *Engine) Count(st *report.Status) {
	e.connections.complete(st)
	if e.Mechanism.Proxy != nil {
		st.Proxy = true
		for i, g := range st.Generations {
			st.Generations[i].Connections = e.Mechanism.Proxy.Report(g.ID).Connections
		}
	}
	st.Program = e.Places.Status()
}

// Taken adds to the error of a listen which process has the port, if one has.
func Taken(e handoff.Endpoint, err error) error {
	if e.Port() == 0 {
		return err
	}
	if pid, name, dir := ListenerOwner(e); pid != 0 {
		return fmt.Errorf("%w: taken by %s (process %d, in %s)", err, name, pid, dir)
	}
	return err
}
