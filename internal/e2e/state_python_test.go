//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// beginPython starts an application of examples/state/python, with the module hotswap.
func beginPython(t *testing.T, command []string, args ...string) *counted {
	t.Helper()
	dir := project(t, "state/python")
	withModule(t, dir)
	return beginCountedIn(t, dir, command, args...)
}

// withModule puts the module hotswap into a folder.
func withModule(t testing.TB, dir string) {
	t.Helper()
	if err := os.CopyFS(filepath.Join(dir, "hotswap"), os.DirFS(filepath.Join(root, "clients", "python", "hotswap"))); err != nil {
		t.Fatal(err)
	}
}

var gunicorn = []string{"/usr/bin/gunicorn", "app:app"} // gunicorn.conf.py says the rest

// Swaps under load of a WSGI application in two workers, and of an ASGI application: each count that is
// acknowledged is there once, the cache is made once although two workers ask for it, the job runs in one
// worker of one generation at a time and is not missing, and each worker closes its pool before it ends.
func TestPythonStateThroughSwaps(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]struct {
		command []string
		workers int
	}{
		"gunicorn": {gunicorn, 2},
		"uvicorn":  {[]string{"sh", "-c", "exec /usr/bin/uvicorn --port $PORT --no-access-log asgi:app"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := beginPython(t, p.command, "--probation", brief)
			tr := c.count()
			swaps := 3
			if full() {
				swaps = 20
			}
			for v := 2; v <= swaps+1; v++ {
				seen := len(c.read())
				c.signal(syscall.SIGHUP)
				c.Serving(v)
				c.worksIn(v, seen)
				tr.more(20)
				if l := c.Drained(v - 1); l.Killed {
					t.Errorf("generation %d had to be killed", v-1)
				}
			}
			tr.end()
			if beyond := c.whole(); beyond != 0 {
				t.Errorf("%d counts more than were acknowledged", beyond)
			}
			c.loadedOnce()
			c.hardlyStops()
			for v := 1; v <= swaps; v++ {
				if n := strings.Count(c.Log(), fmt.Sprintf("generation %d has closed its pool", v)); n != p.workers {
					t.Errorf("generation %d closed %d pools, want %d", v, n, p.workers)
				}
			}
		})
	}
}
