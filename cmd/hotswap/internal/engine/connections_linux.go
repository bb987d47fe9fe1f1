package engine

import (
	"slices"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// CompleteStatus adds what the kernel and the adapters say of the generations.
func (e *Engine) CompleteStatus(st *report.Status) {
	CountConnections(st)
	for i, g := range st.Generations {
		st.Generations[i].Remembered = e.Mechanism.Adapters.Of(g.ID).Remembered()
	}
}

// CountConnections completes the status by the connections of the generation that serves, which no drain observes:
// those that programs have at its ports, without those of other generations. If the kernel does not say, it leaves 0. After an
// upgrade of hotswap those of the parent's generation count, too, until that has ended.
func CountConnections(st *report.Status) {
	st.Generations = slices.Clone(st.Generations) // other readers share the old one
	i := slices.IndexFunc(st.Generations, func(g report.GenerationStatus) bool { return g.ID == st.Generation })
	if i < 0 {
		return
	}
	diag, err := sockdiag.Open()
	if err != nil {
		return
	}
	defer diag.Close()
	count, asked := 0, map[uint16]bool{}
	for _, l := range st.Lives {
		for _, e := range l.Serves {
			if l.Gen == st.Generation && !asked[e.Port()] {
				asked[e.Port()] = true
				q := sockdiag.Query{Port: e.Port(), States: []sockdiag.State{sockdiag.Established, sockdiag.CloseWait}}
				_ = diag.Dump(q, func(s sockdiag.Socket) { count += min(int(s.Inode), 1) }) // inode 0: not accepted yet
			}
		}
	}
	for j, g := range st.Generations {
		if j != i {
			count -= g.Connections
		}
	}
	st.Generations[i].Connections = max(count, 0)
}
