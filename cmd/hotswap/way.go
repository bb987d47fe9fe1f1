package main

import (
	"errors"
	"runtime"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/ruby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// way is how sockets are handed over on this machine.
type way struct {
	transports []handoff.Transport
	probe      handoff.Probe // has one bound for all probes
	strategy   supervisor.Strategy
	drainer    supervisor.Drainer
	writes     *intercept.Writes  // nil: nothing is intercepted
	adapters   *node.Transport    // nil: none
	pythons    *modules.Transport // nil likewise
	rubies     *modules.Transport // nil likewise
	warmer     supervisor.Warmer  // nil: no generation is started ahead
	tmp        *scratch.Folder    // of what lives no longer than hotswap
	noAdapter  error              // why there is none, although none was asked not to be
	why        error              // why it is not the best one, or nil
}

var errChosen = errors.New("as asked by --handoff")

// chooseWay tries the mechanisms: interception, else declared endpoints, else
// a plain restart, in which the port closes between two generations.
func chooseWay(o options, a activation, r *reuseport.Registry) (way, error) {
	w := way{strategy: o.strategy, tmp: scratch.New()}
	if !o.noAdapter {
		w.adapters, w.noAdapter = node.New(w.tmp)
	}
	w.probe = reuseport.NewProber(r).Probe
	switch o.handoff {
	case handoffAuto:
		t, err := intercept.New(r, w.probe)
		if err == nil {
			err = t.Try()
		}
		if err == nil {
			w.transports, w.writes = append(w.transports, t), t.Writes()
		} else {
			w.why = err
		}
	case handoffNone, handoffListenFDs:
		w.why = errChosen
	}
	if w.adapters != nil && !o.noWarm {
		if runtime.GOOS == "linux" { // elsewhere it would be for nothing
			w.pythons, w.rubies = python.New(w.tmp), ruby.New(w.tmp)
		}
		w.warmer = newWarmer(w.adapters, w.pythons, w.rubies, w.tmp, o.noPreload, w.writes != nil)
	}
	passed := a.passed(o.listen, o.names)
	switch {
	case o.handoff == handoffNone && len(a) > 0:
		return w, usagef("--handoff none passes no socket, and a socket activator has passed some (LISTEN_FDS)")
	case o.handoff == handoffNone && len(passed) > 0:
		return w, usagef("--handoff none passes no socket: leave out --listen")
	case o.handoff == handoffListenFDs && len(passed) == 0:
		return w, usagef("--handoff listenfds passes the addresses of --listen: give one")
	case len(passed) > 0:
		w.transports = append(w.transports, listenfds.New(r, passed, w.probe))
	}
	if len(w.transports) == 0 {
		w.strategy = supervisor.StopFirst
	}
	w.drainer = drainer(w.adapters, partingOf(o, r, w.strategy))
	return w, nil
}
