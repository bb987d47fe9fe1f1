package watch

import (
	"os"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// With the kernel's own events, and where files are polled.
func TestSync(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for poll, turns := range map[bool]int{false: 40, true: 2} {
		dir := t.TempDir()
		write(t, "0", dir, "a.ts")
		w := run(t, dir, func(c *Config) {
			if c.Quiet = 0; poll {
				c.open = func() (source, error) { return nil, &LimitError{Limit: "none"} }
			}
		})
		for n := range turns {
			write(t, strings.Repeat("x", n+1), dir, "a.ts")
			must(t, w.Sync(t.Context()))
			if files, err := w.Pending(t.Context()); files != 1 || err != nil {
				t.Fatalf("polled %v, turn %d: %d files are pending, %v", poll, n, files, err)
			}
			<-w.Batches()
		}
		must(t, w.query(t.Context(), func(l *loop) {
			if len(l.syncs) > 0 {
				t.Errorf("%d folders are still watched", len(l.syncs))
			}
		}))
	}
	if left := testkit.Must(os.ReadDir(temp))(t); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}
