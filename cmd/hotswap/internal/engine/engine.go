// Package engine chooses how sockets are handed over on this machine, and assembles what runs a
// command: the registry of gates, the transports, the drainer, the runtimes that prepare
// standbys, and the supervisor.
package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/place"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Engine is constant after Open, but for what is said to change.
type Engine struct {
	Registry   *reuseport.Registry
	Supervisor *supervisor.Supervisor
	Mechanism  Mechanism
	Strategy   supervisor.Strategy // that of the user, or StopFirst where no two generations can serve
	Why        error               // why the mechanism is not the best one; nil: it is
	Adapters   *adapters.Transport // nil: there are none
	NoAdapter  error               // why there are none, unless --no-adapter asked for that
	Python     *python.Runtime     // whose processes report what they read; nil: none do
	Writes     handoff.Writes      // nil: nothing is intercepted or watched
	Ports      intercept.Ports     // stand for those in the program's code; nil: none does
	Places     *place.Server       // the programs' side: state, places, leases

	relay       *relay.Relay
	tmp         *scratch.Folder // lives no longer than hotswap
	exclusive   atomic.Bool     // changes: a generation has had something open that only one process may have
	connections connectionCount
	ending      handoff.GenID // changes: has ended its connections since a stop waits; the supervisor's loop owns it

	// Single are the endpoints of the socket activator of which only one generation at a
	// time can have a socket.
	Single []handoff.Endpoint
}

type Config struct {
	Options    options.Options
	Activation systemd.Activation // the registry owns its listeners from Open on
	Last       lastrun.Kind       // how the program ran last
	// stand for those in the program's code, where programs are intercepted; nil: none does
	Ports      intercept.Ports
	Supervisor supervisor.Config // the command, its streams, and the reader of notices; Open adds the rest

	NoAdapter      func(error)                    // is called once when a program starts without the adapter
	AdapterLimited func(adapters.Limit)           // is called once for each feature that a version of Node has not
	WebSockets     func(connections.HandoffStats) // gets what has become of a generation's WebSockets
}

// New returns an engine that has nothing but what its registry inherits. noSocket is called when a program starts
// without a socket for its state.
func New(noSocket func(error)) *Engine {
	tmp := scratch.New()
	state := place.Config{Folder: tmp, Store: store.New(store.Standard), Without: noSocket}
	r := newRegistry(tmp)
	return &Engine{tmp: tmp, Registry: r, Mechanism: none{r}, Places: place.New(state), relay: relay.New()}
}

// Queues returns the addresses at which clients wait while nothing serves.
func (e *Engine) Queues() []handoff.Endpoint {
	at := map[handoff.Endpoint]bool{} // a program may have several at one
	e.Mechanism.Queues(func(e handoff.Endpoint, _ int) { at[e] = true })
	return slices.SortedFunc(maps.Keys(at), handoff.Endpoint.Compare)
}

// Open completes an engine, which does not run yet. It opens the addresses of --listen, unless a parent has left their
// gates.
func (e *Engine) Open(c Config) error {
	cfg, err := e.configure(c)
	if err != nil {
		return err
	}
	e.Supervisor = supervisor.New(cfg)
	return nil
}

// configure opens what the options name, and returns what the supervisor gets.
func (e *Engine) configure(c Config) (cfg supervisor.Config, err error) {
	o, cfg := c.Options, c.Supervisor
	proc.BecomeSubreaper(options.RunEnv + "=" + handoff.Value(cfg.Env, options.RunEnv))
	e.Single, err = c.Activation.Adopt(e.Registry)
	if err != nil {
		return cfg, exit.Unavailable(err)
	}
	passed, err := e.declare(o, c.Activation)
	if err != nil {
		return cfg, err
	}
	if !o.NoAdapter {
		e.Adapters, e.NoAdapter = adapters.New(e.tmp)
	}
	if err := e.choose(o, passed, c.Ports, &cfg); err != nil {
		return cfg, err
	}
	e.Strategy = o.Strategy
	if len(e.Single) > 0 || e.Mechanism.alone(o.Ready) {
		e.Strategy = supervisor.StopFirst
	}
	if o.Idle > 0 {
		if err := e.sleepable(); err != nil {
			return cfg, err
		}
	}
	cfg.Policy = e.policy(c, passed)
	cfg.Env = handoff.Without(readiness.WithoutNotify(cfg.Env), held.Variable, held.Children)
	cfg.StopSignal, cfg.Starts = o.StopSignal, run.Start
	cfg.Registry, cfg.Relay, cfg.Detach = e.Mechanism, e.relay, detach
	cfg.Transports = append(cfg.Transports, e.readySources(o.Ready, o.Probation)...)
	if e.Adapters != nil {
		e.adapt(c, &cfg)
	}
	cfg.Transports, cfg.Places = append(cfg.Transports, e.Places), e.Places
	return cfg, nil
}

// policy returns what the options, the sockets that are passed, and the last run say about the life of generations.
func (e *Engine) policy(c Config, passed systemd.Activation) supervisor.Policy {
	o, mustListen := c.Options, passed.Endpoints()
	if o.Proxies() {
		mustListen = append(mustListen, o.Proxy)
	}
	explicit, named := o.Ready.Kind != options.ReadyListen, o.Port != options.Port{}
	files, _ := c.Supervisor.Environ() // an error is told at the start
	listens := handoff.Value(slices.Concat(c.Supervisor.Env, files.Vars), "PORT") != ""
	return supervisor.Policy{
		Strategy: e.Strategy, Watching: !o.NoWatch,
		ReadyAtStart:  o.Ready.Kind == options.ReadyStart || e.Mechanism.alone(o.Ready) && !explicit,
		ExplicitReady: explicit, MustListen: mustListen, Told: named || explicit || len(mustListen) > 0,
		ReadyTimeout: o.ReadyTimeout, DrainTimeout: o.DrainTimeout, DrainForever: o.DrainTimeout == 0,
		StreamTimeout: o.StreamTimeout, Probation: o.Probation,
		MaxCrashes: o.MaxCrashes, Server: named || c.Last == lastrun.Port,
		Listens: listens, Portless: c.Last == lastrun.Worker && !listens,
	}
}

// Close closes the gates and removes temporary files. The supervisor must have ended.
func (e *Engine) Close() {
	e.Mechanism.Close()
	e.tmp.Close()
}

// Watch looks, until ctx ends, at what nobody reports: listeners that the program has closed, what only one process may
// have open, and whether the program has work: without for idle, it sleeps. refused has what the program's output says
// of what only one process may have, and found is called with that.
func (e *Engine) Watch(ctx context.Context, idle time.Duration, refused exclusive.Refusals,
	found func(exclusive.Resource)) {
	var all sync.WaitGroup
	all.Go(func() { e.Registry.WatchClosed(ctx, e.Supervisor.Released) })
	all.Go(func() { e.passOn(ctx) })
	all.Go(func() { e.sleep(ctx, idle) })
	e.findExclusive(ctx, refused, found)
	all.Wait()
}

// ParentEnded says that the hotswap which this one upgrades has ended. Its gates can go, and clients who still wait
// there are passed on.
func (e *Engine) ParentEnded() {
	e.Registry.GenerationEnded(reuseport.Parent)
	e.Supervisor.Released()
}

func (e *Engine) Upgradable() error {
	switch err := e.Mechanism.ownGates(); {
	case err != nil:
		return err
	case e.exclusive.Load():
		return errors.New("only one process may have the program's database open")
	case e.Strategy == supervisor.StopFirst:
		return errors.New("one generation has to end before the next begins (--strategy stop-first)")
	}
	return nil
}

// Count completes the status by what programs do: their connections and what they have asked for.
func (e *Engine) Count(st *report.Status) {
	e.connections.complete(st)
	e.Mechanism.count(st)
	st.Program = e.Places.Status()
}

// Taken says that the address of an option cannot be opened, and which process has the port, if one has. The error has
// an exit code.
func Taken(option string, at handoff.Endpoint, err error) error {
	if at.Port() != 0 {
		if pid, name, dir := ListenerOwner(at); pid != 0 {
			err = fmt.Errorf("%w: taken by %s (process %d, in %s)", err, name, pid, dir)
		}
	}
	return exit.Unavailablef("%s %s: %w", option, at.Short(), err)
}
