//go:build linux && amd64

package e2e

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// Without pidfd_getfd, a thread of the program ends the kept connections in use: no client of them is left to
// the old process until that is told to stop. (TestPidfdGetfdForbidden has a Go program, Node's adapter ends
// connections by itself.)
func TestKeptConnectionsWithoutPidfdGetfd(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]struct {
		example, file string
		command       func(port string) []string
	}{
		"python": {"python", "version.py", func(string) []string { return []string{"python3", "-B", "server.py"} }},
		"puma": {"fleet", "version.json", func(port string) []string {
			return []string{"/usr/bin/puma", "-q", "-b", "tcp://127.0.0.1:" + port, "config.ru"}
		}},
		"node": {"fleet", "version.json", func(string) []string { return []string{"node", "node-http.js"} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			o := forbiddenGetfd(t)
			o.dir, o.command = project(t, p.example), p.command(port)
			o.env = append(o.env, "PORT="+port, "PYTHONDONTWRITEBYTECODE=1")
			o.args = []string{"--no-watch", "--no-warm", "--probation", brief}
			h := start(t, o)
			h.serving(1)
			tr := begin(t, []load.Kind{load.FreshGET(2), load.KeepAliveGET(4)}, load.ExampleChecks(), "127.0.0.1:"+port)
			tr.answers("1", 50)
			for v := 2; v <= 3; v++ {
				save(t, filepath.Join(o.dir, p.file), v)
				h.signal(syscall.SIGHUP)
				h.serving(v)
				tr.answers(strconv.Itoa(v), 50)
				if l := h.drained(v - 1); l.Busy || l.Killed {
					t.Errorf("%+v: connections in use were left to its end", l)
				} else {
					t.Logf("generation %d: %d connections ended, %.0f ms", v-1, l.Closed, l.TookMS)
				}
			}
			tr.end()
		})
	}
}
