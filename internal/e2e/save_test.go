//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// The main promise: an unmodified TypeScript backend behind its usual wrapper,
// saved ten times (four, unless HOTSWAP_E2E_FULL=1) while clients hammer it. The first two saves wait for a standby, which takes them.
func TestTenSavesThroughNpmAndTsx(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "hono-cdc"), freePort(t)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--ready-timeout", patience.String()}, command: []string{"npm", "run", "dev"}})
	h.Serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 30)
	last := 5
	if full() {
		last = 11
	}
	for v := 2; v <= last; v++ {
		if v <= 3 {
			h.waits(v)
		}
		save(t, filepath.Join(dir, "src", "version.ts"), v)
		if l := h.Serving(v); v <= 3 && !l.Standby {
			t.Errorf("generation %d began cold", v)
		}
		tr.answers(strconv.Itoa(v), 30)
	}
	h.Drained(last - 1)
	s := tr.end()
	if c := s.Closes; c.Raced > max(1, c.Total()/50) {
		t.Errorf("%d of %d closed connections raced, more than 1 in 50", c.Raced, c.Total())
	}
	for v := 1; v <= last; v++ {
		if s.Version(strconv.Itoa(v)).Answers == 0 {
			t.Errorf("version %d was never answered", v)
		}
	}
	if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Killed }); n > 0 {
		t.Errorf("%d generations had to be killed", n)
	}
}
