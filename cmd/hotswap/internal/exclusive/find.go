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
	for ctx.Err() == nil {
		changed := s.Changed()
		was := now
		if now = momentOf(s.Status()); now.serves != was.serves {
			looks = nil
		}
		if now != was {
			row = 0
		}
		if now.serves == 0 {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		tree := s.Tree()
		if momentOf(s.Status()).serves != now.serves {
			continue // it may be the tree of another generation
		}
		looks = append(looks[max(0, len(looks)-enough+1):], look(dir, tree))
		if h, ok := decide(looks); ok {
			return h, true
		}
		pause := soon
		if row++; row >= enough {
			pause = later
		}
		rest(ctx, s, now, pause)
	}
	return Holding{}, false
}

// rest returns after the pause, or when the moment is over.
func rest(ctx context.Context, s Supervisor, now moment, pause time.Duration) {
	t := time.NewTimer(pause)
	defer t.Stop()
	for {
		changed := s.Changed()
		if momentOf(s.Status()) != now {
			return
		}
		select {
		case <-changed:
		case <-t.C:
			return
		case <-ctx.Done():
			return
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
