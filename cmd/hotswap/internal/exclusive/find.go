package exclusive

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Supervisor is the part of supervisor.Supervisor whose generations are looked at.
type Supervisor interface {
	Status() report.Status
	Changed() <-chan struct{}
	Tree() []int
}

const (
	// soon is the pause between the first looks at a generation that has begun to serve, and
	// while a batch is built or a newer generation starts.
	soon = 100 * time.Millisecond
	// later is the pause after these, for a program that opens its database at a request.
	later = 5 * time.Second
)

// moment is what a row of looks belongs to.
type moment struct {
	serves, newest supervisor.GenID
	builds         bool
}

// Find looks at the generations that serve until one holds something that only one process may
// have open, or ctx ends. dir is the project's folder.
func Find(ctx context.Context, dir string, s Supervisor) (Holding, bool) {
	var looks []facts // at the generation that serves
	var now moment
	row := 0 // looks at this moment
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		changed := s.Changed()
		if m := momentOf(s.Status()); m != now {
			if m.serves != now.serves {
				looks = nil
			}
			now, row = m, 0
			next.Reset(0)
		}
		select {
		case <-ctx.Done():
			return Holding{}, false
		case <-changed:
			continue
		case <-next.C:
		}
		if now.serves == 0 {
			continue
		}
		tree := s.Tree()
		if momentOf(s.Status()).serves != now.serves {
			next.Reset(soon)
			continue // it may be the tree of another generation
		}
		looks = append(looks[max(0, len(looks)-enough+1):], look(dir, tree))
		if h, ok := decide(looks); ok {
			return h, true
		}
		row++
		next.Reset(soon)
		if row >= enough {
			next.Reset(later)
		}
	}
}

func momentOf(st report.Status) moment {
	m := moment{serves: st.Generation, builds: st.Build != nil}
	if n := len(st.Lives); n > 0 {
		m.newest = st.Lives[n-1].Gen
	}
	return m
}
