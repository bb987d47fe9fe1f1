//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// The main promise: an unmodified TypeScript backend behind its usual wrapper, saved while clients
// hammer it. The first two saves wait for a standby, which takes them. Two broken saves take nothing
// down: the old generation answers throughout, and the next good save is served.
func TestSavesThroughNpmAndTsx(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "hono-cdc"), freePort(t)
	file := filepath.Join(dir, "src", "version.ts")
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--ready-timeout", patience.String()}, command: []string{"npm", "run", "dev"}})
	h.Serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 30)
	saved := func(version, gen int) line {
		t.Helper()
		write(t, file, fmt.Sprintf("export const version = %d\n", version))
		l := h.Serving(gen)
		tr.answers(strconv.Itoa(version), 30)
		return l
	}
	for v := 2; v <= 3; v++ {
		h.waits(v)
		if l := saved(v, v); !l.Standby {
			t.Errorf("generation %d began cold", v)
		}
	}
	for i, broken := range []string{"export const version = \n", "export const version = 1\nprocess.exit(3)\n"} {
		gen, version := 2*i+4, i+4
		write(t, file, broken)
		if l := h.Wait("the broken save is told", e2etest.Of("failed", gen)); l.Why != "exited" || l.Next != "keeps" {
			t.Errorf("%q: %+v", broken, l)
		}
		tr.more(50)
		saved(version, gen+1)
	}
	h.Drained(5)
	tr.end()
	if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Killed }); n > 0 {
		t.Errorf("%d generations had to be killed", n)
	}
}
