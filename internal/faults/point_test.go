//go:build linux

package faults

import (
	"os"
	"slices"
	"sync"
	"testing"
)

// point is one thing that is broken in one moment.
type point struct {
	step   string
	victim victim
	fault  string
	run    func(*testing.T) *result
}

func (p point) name() string { return p.step + ", " + string(p.victim) + ", " + p.fault }

// points are all of them.
func points() []point {
	return slices.Concat(killPoints(), stopPoints(), exitPoints(), limitPoints(), groundPoints())
}

func TestPoints(t *testing.T) {
	breaking(t)
	var mu sync.Mutex
	results := map[string]*result{}
	t.Run("all", func(t *testing.T) {
		for _, p := range points() {
			t.Run(p.name(), func(t *testing.T) {
				t.Parallel()
				r := p.run(t)
				if t.Failed() {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				results[p.name()] = r
			})
		}
	})
	if t.Failed() || os.Getenv("HOTSWAP_FAULTS_WRITE") == "" {
		return
	}
	if len(results) != len(points()) {
		t.Fatal("run all points to write docs/evidence.md")
	}
	write(t, page(results))
}
