package exclusive

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Supervisor is the part of supervisor.Supervisor whose generations are looked at.
type Supervisor interface {
	Status() report.Status
	Tree(supervisor.GenID) []int
}

const (
	// soon is the first pause between looks at a generation that has begun to serve, or while a batch is built or
	// a newer generation starts, and each pause while a lock may turn out to be kept.
	soon = 5 * wait.Poll
	// later is the longest pause, for a program that opens its database at a request.
	later = 5 * time.Second
)

// moment is what a row of looks belongs to.
type moment struct {
	serves, newest supervisor.GenID
	builds         bool
}

// Find looks at the generations that serve until one holds something that only one process may
// have open, or a generation was refused what another one has, or ctx ends. dir is the project's folder.
// addresses says that an address may be refused so: where sockets are intercepted, only another program has it.
func Find(ctx context.Context, dir string, s Supervisor, refused Refusals, addresses bool) Resource {
	var looks []facts // at the generation that serves
	var now moment
	row := 0 // looks that saw locks, since the last one that saw none
	pause := time.Duration(0)
	next := time.After(0)
	if !addresses {
		refused.addresses = nil
	}
	for {
		st := s.Status()
		if m := momentOf(st); m != now {
			if m.serves != now.serves {
				looks = nil
			}
			now, row, pause = m, 0, soon/4
			next = time.After(0)
		}
		if f := st.Failure; f != nil && 0 < st.Generation && st.Generation < f.Generation &&
			int64(f.Generation) == refused.locked.Load() {
			return Resource{Kind: Words, Name: "database is locked", Refused: int(f.Generation)}
		}
		var h Resource
		select {
		case <-ctx.Done():
			return h
		case <-st.Changed:
			continue
		case h = <-refused.names:
		case h = <-refused.addresses:
		case <-next:
		}
		if h.Refused != 0 {
			another := func(g report.GenerationStatus) bool { return int(g.ID) != h.Refused }
			if slices.ContainsFunc(s.Status().Generations, another) {
				return h
			}
			continue
		}
		if now.serves == 0 {
			continue
		}
		seen := readFacts(s.Tree(now.serves))
		looks = append(looks[max(0, len(looks)-enough+1):], seen)
		h = decide(dir, looks)
		if h.Kind != Nothing {
			if f := st.Failure; f != nil && f.Generation == now.newest { // which may say that it did not get this
				text := strings.Join(f.Last, "\n")
				if strings.Contains(text, filepath.Base(h.Name)) || lockWord().MatchString(text) {
					h.Refused = int(now.newest)
				}
			}
			return h
		}
		pause = min(4*pause, later)
		row++
		switch {
		case len(seen.locks) == 0:
			row = 0
		case row < enough:
			pause = soon
		default:
			pause = later
		}
		next = time.After(pause)
	}
}

func momentOf(st report.Status) moment {
	m := moment{serves: st.Generation, builds: st.Build != nil}
	if n := len(st.Lives); n > 0 {
		m.newest = st.Lives[n-1].Gen
	}
	return m
}
