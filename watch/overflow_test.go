package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// stuck is the real disk, except that reading the path stop waits for goOn.
type stuck struct {
	osFiles
	stop   string
	inside chan struct{} // closed when somebody waits
	goOn   chan struct{}
}

func (s *stuck) Open(path string) (fs.File, error) {
	if path == s.stop {
		select {
		case <-s.inside:
		default:
			close(s.inside)
			<-s.goOn
		}
	}
	return s.osFiles.Open(path)
}

// TestDiskOverflow lets the kernel's queue really overflow: the loop is held
// while it reads a file, and nobody takes the events.
func TestDiskOverflow(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		t.Skip("no inotify: ", err)
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil || limit > 1<<17 {
		t.Skipf("a queue of %d events is too long to fill", limit)
	}
	dir := t.TempDir()
	write(t, "old", dir, "a.ts")
	write(t, "old", dir, "gone/b.ts")
	write(t, "old", dir, "same.ts")
	s := &stuck{stop: filepath.Join(dir, "stop.ts"), inside: make(chan struct{}), goOn: make(chan struct{})}
	notices := make(chan Notice, 10)
	w := run(t, dir, func(c *Config) {
		c.files, c.OnNotice = s, func(n Notice) { notices <- n }
	})
	write(t, "new", s.stop)
	<-s.inside
	// 4,096 more fit into fsnotify's buffer; each turn makes three events.
	for range (limit+4096)/3 + 1000 {
		write(t, "x", dir, "noise.txt")
		must(t, os.Remove(filepath.Join(dir, "noise.txt")))
	}
	write(t, "new", dir, "a.ts")
	must(t, os.RemoveAll(filepath.Join(dir, "gone")))
	write(t, "new", dir, "fresh/c.ts")
	close(s.goOn)
	b := next(t, w)
	if describe(b) == "new/gone stop.ts" { // the file it was held at may come alone
		b = next(t, w)
	}
	if got := strings.TrimSuffix(describe(b), " new/gone stop.ts"); got != "written a.ts new/gone fresh/c.ts new/gone gone/b.ts" {
		t.Errorf("batch %q", describe(b))
	}
	if n := <-notices; n.Kind != Overflowed {
		t.Errorf("notice %v", n)
	}
	write(t, "newer", dir, "fresh/c.ts")
	if got := describe(next(t, w)); got != "written fresh/c.ts" {
		t.Errorf("afterwards: batch %q", got)
	}
}
