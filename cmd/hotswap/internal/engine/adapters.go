package engine

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// EndKeepAlive has the adapters of what serves say in each answer that its connection ends, once a stop waits for the end
// of its delay. It runs in the supervisor's loop.
func (e *Engine) EndKeepAlive(st *report.Status) {
	if st.StopsAt.IsZero() || st.Generation == e.ending {
		return
	}
	e.ending = st.Generation
	if a := e.Mechanism.Adapters.Of(st.Generation); a != nil {
		a.Drain(node.DrainOptions{Serves: true})
	}
}

// MoveConnections lets connections move to the generation that serves; WebSockets only with keep.
func (e *Engine) MoveConnections(keep bool, reporter func(node.HandoffStats)) {
	if e.Mechanism.Adapters == nil {
		return
	}
	e.Mechanism.Adapters.HandOver(node.Handoff{
		KeepWebSockets: keep, Report: reporter,
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
	if e.connections.complete(st); e.Mechanism.Proxy != nil {
		st.Proxy = true
		for i, g := range st.Generations {
			st.Generations[i].Connections = e.Mechanism.Proxy.Report(g.ID).Connections
		}
	}
	st.Program = e.Places.Status()
}
