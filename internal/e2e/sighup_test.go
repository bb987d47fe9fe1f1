//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func getsOnly() []load.Kind { return []load.Kind{load.FreshGET(8), load.KeepAliveGET(8)} }

// resting are clients of a program without an adapter: none of their connections moves, and a request that meets the
// stop signal is lost. So those that are kept ask once, and rest until the end of the test, whatever the time of the signal.
func resting(kinds []load.Kind) []load.Kind {
	for i := range kinds {
		if kinds[i].KeepAlive {
			kinds[i].Workers, kinds[i].Think = 1, 2*patience
		}
	}
	return kinds
}

func TestSwapsBySIGHUP(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]struct{ file, command string }{ // the file has the version
		"deno":             {"version.json", "node_modules/.bin/deno run --allow-net --allow-env --allow-read deno.ts"},
		"gunicorn threads": {"version.json", "/usr/bin/gunicorn -w 2 -k gthread --threads 4 --reuse-port -b 127.0.0.1:$PORT wsgi:app"},
		"puma workers":     {"version.json", "/usr/bin/puma -q -w 2 -b tcp://127.0.0.1:$PORT config.ru"},
		"nginx":            {"nginx.conf", "/usr/sbin/nginx -c DIR/run.conf"},
		"nginx reuseport":  {"nginx-reuseport.conf", "/usr/sbin/nginx -c DIR/run.conf"},
	} {
		t.Run(name, func(t *testing.T) {
			spare(t, name == "nginx" || name == "puma workers")
			t.Parallel()
			dir, port := project(t, "fleet"), freePort(t)
			file := filepath.Join(dir, p.file)
			version := func(v int) { save(t, file, v) }
			if strings.HasPrefix(name, "nginx") {
				template := testkit.Must(os.ReadFile(file))(t)
				version = func(v int) {
					write(t, filepath.Join(dir, "run.conf"), strings.NewReplacer("@PORT@", port, "@DIR@", dir, "@VERSION@", strconv.Itoa(v)).Replace(string(template)))
				}
				version(1)
			}
			h := start(t, options{
				dir: dir, env: []string{"PORT=" + port, "PYTHONDONTWRITEBYTECODE=1"}, command: words(strings.Replace(p.command, "DIR", dir, 1)),
				args: []string{"--no-watch", "--no-warm", "--probation", brief},
			})
			tr := h.under(resting(getsOnly()))
			for v := 2; v <= 3; v++ {
				version(v)
				h.signal(syscall.SIGHUP)
				tr.swapped(v)
			}
			tr.end(t)
			h.killedNone()
		})
	}
}
