//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// The main promise: an unmodified TypeScript backend behind its usual wrapper, saved while clients
// hammer it. The first save waits for a standby, which takes it. Two broken saves take nothing
// down: the old generation answers throughout, and the next good save is served.
func TestSavesThroughNpmAndTsx(t *testing.T) {
	t.Parallel()
	dir := project(t, "hono-cdc")
	file := filepath.Join(dir, "src", "version.ts")
	h := start(t, options{dir: dir, args: []string{"--ready-timeout", patience.String()}, command: []string{"npm", "run", "dev"}})
	tr := h.under(sixteen())
	saved := func(version, gen int) line {
		t.Helper()
		write(t, file, fmt.Sprintf("export const version = %d\n", version))
		l := h.Serving(gen)
		tr.Answers(strconv.Itoa(version), 30)
		return l
	}
	h.waits(2)
	if l := saved(2, 2); !l.Standby {
		t.Error("generation 2 began cold")
	}
	for i, broken := range []string{"export const version = \n", "export const version = 1\nprocess.exit(3)\n"} {
		write(t, file, broken)
		if l := h.Wait("the broken save is told", e2etest.Of("failed", i+3)); l.Why != "exited" || l.Next != "keeps" {
			t.Errorf("%q: %+v", broken, l)
		}
		tr.More(50)
	}
	saved(3, 5)
	h.Drained(2)
	tr.end(t)
	h.killedNone()
}
