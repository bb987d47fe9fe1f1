package engine

import (
	"errors"
	goruntime "runtime"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/ruby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// Mechanism is how sockets are handed over on this machine.
type Mechanism struct {
	Transports []handoff.Transport
	probe      handoff.Probe // has one bound for all probes
	Strategy   supervisor.Strategy
	Drainer    supervisor.Drainer
	Writes     *intercept.Writes   // nil: nothing is intercepted
	builds     handoff.Transport   // notes what builds write; nil likewise
	Adapters   *node.Transport     // nil: none
	reporting  []handoff.Transport // of the other runtimes
	warmer     supervisor.Warmer   // nil: no generation is started ahead
	tmp        *scratch.Folder     // of what lives no longer than hotswap
	NoAdapter  error               // why there is none, although none was asked not to be
	Why        error               // why it is not the best one, or nil
}

var ErrAsked = errors.New("as asked by --handoff")

// Choose tries the mechanisms: interception, else declared endpoints, else
// a plain restart, in which the port closes between two generations.
func Choose(o options.Options, a systemd.Activation, r *reuseport.Registry) (Mechanism, error) {
	w := Mechanism{Strategy: o.Strategy, tmp: scratch.New()}
	if !o.NoAdapter {
		w.Adapters, w.NoAdapter = node.New(w.tmp)
	}
	w.probe = reuseport.NewProber(r).Probe
	switch o.Handoff {
	case options.HandoffAuto:
		t, err := intercept.New(r, w.probe)
		if err == nil {
			err = t.Try()
		}
		if err == nil {
			w.Transports, w.Writes, w.builds = append(w.Transports, t), t.Writes(), t.Builds()
		} else {
			w.Why = err
		}
	case options.HandoffNone, options.HandoffListenFDs:
		w.Why = ErrAsked
	}
	if w.Adapters != nil && !o.NoWarm {
		var all []runtime.Runtime      // those first that answer from files
		if goruntime.GOOS == "linux" { // elsewhere hotswap cannot inspect processes
			pythons, rubies := python.New(w.tmp), ruby.New(w.tmp)
			w.reporting = []handoff.Transport{pythons, rubies}
			all = append(all, pythons, rubies)
		}
		w.warmer = warmer{runtime.New(w.tmp, o.NoPreload, append(all, node.NewRuntime(w.Adapters, w.Writes != nil))...)}
	}
	passed := a.Passed(o.Listen, o.Names)
	switch {
	case o.Handoff == options.HandoffNone && len(a) > 0:
		return w, exit.Usagef("--handoff none passes no socket, and a socket activator has passed some (LISTEN_FDS)")
	case o.Handoff == options.HandoffNone && len(passed) > 0:
		return w, exit.Usagef("--handoff none passes no socket: leave out --listen")
	case o.Handoff == options.HandoffListenFDs && len(passed) == 0:
		return w, exit.Usagef("--handoff listenfds passes the addresses of --listen: give one")
	case len(passed) > 0:
		w.Transports = append(w.Transports, listenfds.New(r, passed, w.probe))
	}
	if len(w.Transports) == 0 {
		w.Strategy = supervisor.StopFirst
	}
	w.Drainer = drainer(w.Adapters, partingOf(o, r, w.Strategy))
	return w, nil
}
