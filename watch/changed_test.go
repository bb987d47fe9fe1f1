package watch

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// TestDiskOldStampBeforeTheBaseline replaces a file, before Run begins,
// by one whose modification time lies in the past: only the change time tells.
func TestDiskOldStampBeforeTheBaseline(t *testing.T) {
	dir := t.TempDir()
	a, tmp := filepath.Join(dir, "a.ts"), filepath.Join(dir, "a.tmp")
	write(t, "old", a)
	write(t, "old", dir, "b.ts")
	must(t, os.Chtimes(filepath.Join(dir, "b.ts"), time.Time{}, time.Now().AddDate(1, 0, 0))) // as of a clock that was wrong
	write(t, "new", tmp)
	must(t, os.Chtimes(tmp, time.Unix(1, 0), time.Unix(1, 0)))
	for made := time.Now(); time.Since(made) < 2*wait.ClockLag; { // until b.ts is older than Since by any clock
		time.Sleep(wait.ClockLag)
	}
	w := run(t, dir, func(c *Config) {
		c.Since = time.Now()
		must(t, os.Rename(tmp, a))
	})
	if got := describe(next(t, w)); got != "written a.ts" {
		t.Errorf("batch %q", got)
	}
}
