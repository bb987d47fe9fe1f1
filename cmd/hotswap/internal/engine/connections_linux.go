package engine

import (
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// connections counts the connections of the generation that serves, which no drain observes. The zero value works, and any
// goroutine may call the methods.
type connections struct {
	mu      sync.Mutex // guards what follows, and is held while the kernel is asked
	counted time.Time
	gen     report.GenID
	count   int // of gen
}

// complete completes the status by the connections that programs have at the ports of the generation that serves, without
// those of other generations. If the kernel does not say, complete leaves 0. After an upgrade of hotswap those of the parent's
// generation count, too, until that has ended.
func (c *connections) complete(st *report.Status) {
	st.Generations = slices.Clone(st.Generations) // other readers share the old one
	i := slices.IndexFunc(st.Generations, func(g report.GenerationStatus) bool { return g.ID == st.Generation })
	if i < 0 {
		return
	}
	st.Generations[i].Connections = c.at(time.Now(), st)
}

func (c *connections) at(now time.Time, st *report.Status) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen == st.Generation && now.Sub(c.counted) < wait.Seldom { // for each count the kernel walks its table of all connections, and each live page may ask ten times a second
		return c.count
	}
	c.counted, c.gen, c.count = now, st.Generation, 0
	diag, err := sockdiag.Open()
	if err != nil {
		return 0
	}
	defer diag.Close()
	asked := map[uint16]bool{}
	for _, l := range st.Lives {
		for _, e := range l.Serves {
			if l.Gen == st.Generation && !asked[e.Port()] {
				asked[e.Port()] = true
				q := sockdiag.Query{Port: e.Port(), States: []sockdiag.State{sockdiag.Established, sockdiag.CloseWait}}
				_ = diag.Dump(q, func(s sockdiag.Socket) { c.count += min(int(s.Inode), 1) }) // inode 0: not accepted yet
			}
		}
	}
	for _, g := range st.Generations {
		if g.ID != st.Generation {
			c.count -= g.Connections
		}
	}
	c.count = max(c.count, 0)
	return c.count
}
