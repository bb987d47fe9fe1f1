package engine

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Count completes the status by what programs do: their connections, what they have asked for, and how many of their files
// came from the record.
func (e *Engine) Count(st *report.Status) {
	if e.connections.complete(st); e.Mechanism.Proxy != nil {
		st.Proxy = true
		for i, g := range st.Generations {
			st.Generations[i].Connections = e.Mechanism.Proxy.Report(g.ID).Connections
		}
	}
	st.Program = e.Places.Status()
	for i, g := range st.Generations {
		st.Generations[i].Remembered = e.Mechanism.Adapters.Of(g.ID).Remembered()
	}
}
