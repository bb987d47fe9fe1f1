package engine

import (
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// connectionCount counts the connections of the generation that serves, which no drain observes. The zero value works,
// and any goroutine may call the methods.
type connectionCount struct {
	mu      sync.Mutex // guards what follows, and is held while the kernel is asked
	counted time.Time
	gen     report.GenID
	count   int // of gen
}

// complete completes the status by the connections that the main process of the generation that serves, and those
// below, have at its addresses. If the kernel does not say, complete leaves 0. It asks once a second: each live page
// may ask ten times.
func (c *connectionCount) complete(st *report.Status) {
	st.Generations = slices.Clone(st.Generations) // other readers share the old one
	i := slices.IndexFunc(st.Generations, func(g report.GenerationStatus) bool { return g.ID == st.Generation })
	if i < 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != st.Generation || time.Since(c.counted) >= wait.Seldom {
		c.counted, c.gen, c.count = time.Now(), st.Generation, connectionsOf(st, st.Generations[i].PID)
	}
	st.Generations[i].Connections = c.count
}

func connectionsOf(st *report.Status, pid int) int {
	cfg := drain.Config{Tree: func() []int { return append(proc.Descendants(pid), pid) }}
	for _, l := range st.Lives {
		if l.Gen == st.Generation {
			cfg.Endpoints = l.Serves
		}
	}
	w, err := drain.Open(cfg)
	if err != nil {
		return 0
	}
	defer w.Close()
	r, _, _ := w.Inspect()
	return r.Connections
}
