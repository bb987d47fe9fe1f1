//go:build linux

package e2e

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

var versionServed = regexp.MustCompile(`"version":(\d+)`)

// studio is a project in which somebody saves, and somebody else asks for the version.
type studio struct {
	how  string
	dir  string
	port string
	h    *hotswap
	last int
}

// saveIn saves in a rhythm. It returns the median of the times from each save until that
// version, or a newer one, answers. Versions never go back.
func (s *studio) saveIn(t *testing.T, pause time.Duration, saves int) time.Duration {
	t.Helper()
	var at []time.Time
	from, seen := s.last, s.last
	var took []time.Duration
	look := func() {
		m := versionServed.FindStringSubmatch(ping(s.port))
		if m == nil {
			return
		}
		v, _ := strconv.Atoi(m[1])
		if v < seen {
			t.Errorf("%s: version %d answers after %d", s.how, v, seen)
		}
		for ; seen < v; seen++ {
			took = append(took, time.Since(at[seen-from]))
		}
	}
	for range saves {
		s.last++
		at = append(at, time.Now())
		save(t, filepath.Join(s.dir, "src", "version.ts"), s.last)
		for next := time.Now().Add(pause); time.Now().Before(next); time.Sleep(5 * time.Millisecond) {
			look()
		}
	}
	for began := time.Now(); seen < s.last; time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("%s: version %d does not answer, but %d\n%s", s.how, s.last, seen, s.h.log())
		}
		look()
	}
	slices.Sort(took)
	t.Logf("%s, a save each %v: %v", s.how, pause, took)
	return took[len(took)/2]
}

// However fast somebody saves, hotswap is no slower with standbys than without: in turns, in
// one run. With saves in shorter intervals than a boot takes one cold boot decides on either
// side, and two boots of the same program differ by a quarter on a busy machine.
func TestNoRhythmIsSlower(t *testing.T) {
	var sides []*studio
	for _, how := range []string{"--no-warm", "--no-warm=false"} {
		s := &studio{how: how, dir: project(t, "hono-cdc"), port: freePort(t), last: 1}
		s.h = start(t, options{dir: s.dir, env: []string{"PORT=" + s.port}, args: []string{how, "--probation", brief}, command: []string{"npm", "run", "dev"}})
		s.h.serving(1)
		sides = append(sides, s)
	}
	sides[1].h.waits(2)
	for _, pause := range []time.Duration{300 * time.Millisecond, 900 * time.Millisecond, 2 * time.Second} {
		saves, turns := 6, 3
		if pause > time.Second/2 && !full() {
			saves, turns = 4, 1
		}
		// The least: what a machine has to do besides only adds.
		cold, warm := sides[0].saveIn(t, pause, saves), sides[1].saveIn(t, pause, saves)
		for range turns - 1 {
			cold, warm = min(cold, sides[0].saveIn(t, pause, saves)), min(warm, sides[1].saveIn(t, pause, saves))
		}
		allowed := cold
		if pause < cold {
			allowed += cold / 3
		}
		if warm > allowed {
			t.Errorf("a save each %v: %v with standbys, %v without", pause, warm, cold)
		}
	}
}
