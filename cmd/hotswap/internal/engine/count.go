package engine

import "github.com/hotswap-dev/hotswap/supervisor/report"

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
