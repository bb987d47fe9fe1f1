//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The example of state goes on over a swap and an upgrade: each count follows the one before, the cache is made once, the job
// runs in each generation, and each process closes its pool before it ends. What state promises is tested by client_*.txtar.
func TestStateThroughSwaps(t *testing.T) {
	t.Parallel()
	ticks := filepath.Join(t.TempDir(), "ticks")
	h := start(t, options{dir: project(t, "state/node"), env: []string{"TICKS=" + ticks}, args: []string{"--no-watch", "--probation", brief}, command: words("node server.js")})
	for v := 1; v <= 3; v++ {
		switch v {
		case 2:
			h.signal(syscall.SIGHUP)
		case 3:
			h.upgradeSelf(1)
		}
		h.Serving(v)
		res := testkit.Must(testkit.Client("").Post("http://"+h.addr()+"/count", "", nil))(t)
		var count int
		if _, err := fmt.Fscan(res.Body, &count); err != nil || count != v || res.Body.Close() != nil {
			t.Errorf("count %d in generation %d, %v", count, v, err)
		}
		testkit.Eventually(t, func() error {
			if b, err := os.ReadFile(ticks); err != nil || !strings.Contains(string(b), fmt.Sprintf("end %d ", v)) {
				return fmt.Errorf("no job ends in generation %d: %w", v, err)
			}
			return nil
		})
		if v > 1 {
			h.drains(v - 1)
			if said := fmt.Sprintf("generation %d has closed its pool", v-1); strings.Count(h.Log(), said) != 1 {
				t.Errorf("no line: %s", said)
			}
		}
	}
	if text := get("http://" + h.addr() + "/cache"); !strings.Contains(text, `"runs":1`) {
		t.Errorf("the cache is %s", text)
	}
}
