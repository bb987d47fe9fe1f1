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
)

// swapBySignal is two swaps of a program under the load, by SIGHUP.
func swapBySignal(t *testing.T, o options, port string, kinds []load.Kind, version func(int)) {
	t.Helper()
	h := start(t, o)
	h.Serving(1)
	tr := begin(t, kinds, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	for v := 2; v <= 3; v++ {
		version(v)
		h.signal(syscall.SIGHUP)
		h.Serving(v)
		tr.answers(strconv.Itoa(v), 20)
		h.Drained(v - 1)
	}
	tr.end()
	if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Killed }); n > 0 {
		t.Errorf("%d generations had to be killed", n)
	}
}

func getsOnly() []load.Kind { return []load.Kind{load.FreshGET(8), load.KeepAliveGET(8)} }

func TestSwapsBySIGHUP(t *testing.T) {
	t.Parallel()
	type program struct {
		example string
		file    string // that carries the version, in the example's folder
		env     func(port string) []string
		command func(dir, port string) []string
		kinds   []load.Kind
	}
	portEnv := func(port string) []string { return []string{"PORT=" + port, "PYTHONDONTWRITEBYTECODE=1"} }
	argv := func(words ...string) func(string, string) []string {
		return func(_, port string) []string {
			out := make([]string, len(words))
			for i, w := range words {
				out[i] = strings.ReplaceAll(w, "@PORT@", port)
			}
			return out
		}
	}
	local := func(words ...string) func(string, string) []string {
		return func(dir, port string) []string {
			return append([]string{filepath.Join(dir, "node_modules", ".bin", words[0])}, words[1:]...)
		}
	}
	for name, p := range map[string]program{
		"python": {"python", "version.py", portEnv, argv("python3", "-B", "server.py"), sixteen()},
		"deno":   {"fleet", "version.json", portEnv, local("deno", "run", "--allow-net", "--allow-env", "--allow-read", "deno.ts"), getsOnly()},
		"gunicorn threads": {"fleet", "version.json", portEnv,
			argv("/usr/bin/gunicorn", "-w", "2", "-k", "gthread", "--threads", "4", "--reuse-port", "-b", "127.0.0.1:@PORT@", "wsgi:app"), getsOnly()},
		"puma workers":    {"fleet", "version.json", portEnv, argv("/usr/bin/puma", "-q", "-w", "2", "-b", "tcp://127.0.0.1:@PORT@", "config.ru"), getsOnly()},
		"nginx":           {"fleet", "nginx.conf", portEnv, nil, getsOnly()},
		"nginx reuseport": {"fleet", "nginx-reuseport.conf", portEnv, nil, getsOnly()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, port := project(t, p.example), freePort(t)
			o := options{dir: dir, env: p.env(port), args: []string{"--no-watch", "--no-warm", unhurried, "--probation", brief}}
			file := filepath.Join(dir, p.file)
			version := func(v int) { save(t, file, v) }
			if p.command != nil {
				o.command = p.command(dir, port)
			} else {
				template, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				conf := filepath.Join(dir, "run.conf")
				version = func(v int) {
					write(t, conf, strings.NewReplacer("@PORT@", port, "@DIR@", dir, "@VERSION@", strconv.Itoa(v)).Replace(string(template)))
				}
				version(1)
				o.command = []string{"/usr/sbin/nginx", "-c", conf}
			}
			swapBySignal(t, o, port, p.kinds, version)
		})
	}
}
