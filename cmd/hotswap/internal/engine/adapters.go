package engine

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/bun"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/plan"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// adapt has the adapters take part, which hand connections over and say what programs have read, and prepares standbys
// by what they say.
func (e *Engine) adapt(c Config, cfg *supervisor.Config) {
	o, adapters := c.Options, e.Adapters
	folder := func(gen handoff.GenID) string { return adapters.Wire(gen).Folder() }
	buns, pythons := bun.New(folder), python.New(folder, o.StandbyRun...)
	e.Python = &pythons
	memory, _ := assets.Cache("packages") // without such a folder each hotswap learns anew
	nodes := plan.NewRuntime(adapters.Files, cfg.BuildTransports != nil, o.StandbyRun...)
	manager := runtime.New(e.tmp, memory, buns, pythons, nodes)
	if !o.NoWarm && len(e.Single) == 0 { // a standby would need its own socket while the old process lives
		cfg.Warmer = manager
	}
	if !o.NoDirect {
		cfg.Shortcut = manager
	}
	// Others use the wire of the adapters, which come first.
	cfg.Transports = slices.Concat([]handoff.Transport{adapters}, cfg.Transports, []handoff.Transport{buns, pythons})
	cfg.Adopt = func(at handoff.Endpoint, fd int) bool { return adapters.Adopt(at.Address(), fd) }
	adapters.OnWithout, adapters.OnLimit = c.NoAdapter, c.AdapterLimited
	adapters.KeepWebSockets = o.KeepWebSockets
	adapters.Handoff = connections.Handoff{
		Report: c.WebSockets,
		Successor: func() (gen handoff.GenID, awaited bool) {
			s := e.Supervisor.Status()
			if s.State == report.PhaseStopping && s.StopsAt.IsZero() || s.State == report.PhaseStopped {
				return 0, false
			}
			return s.Generation, true
		},
	}
}

// EndKeepAlive has the adapters of what serves say in each answer that its connection ends, once a stop waits for the
// end of its delay. It runs in the supervisor's loop.
func (e *Engine) EndKeepAlive(st *report.Status) {
	if st.StopsAt.IsZero() || st.Generation == e.ending {
		return
	}
	e.ending = st.Generation
	if a := e.Adapters.Connections(st.Generation); a != nil {
		a.Drain(connections.DrainOptions{Serves: true})
	}
}
