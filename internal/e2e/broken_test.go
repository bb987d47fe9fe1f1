//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// A broken save never takes the service down: the old generation answers
// throughout, and the next good save is served.
func TestBrokenSaves(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "hono-cdc"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--ready-timeout", "10s"},
		command: []string{"npm", "run", "dev"},
	})
	h.serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 50)
	file := filepath.Join(dir, "src", "version.ts")
	gen := 1
	for i, b := range []struct{ what, text, why string }{
		{"syntax error", "export const version = \n", "exited"},
		{"exit before listen", "export const version = 1\nprocess.exit(3)\n", "exited"},
		{"hang before listen", "export const version = 1\nawait new Promise(() => setInterval(() => {}, 1000))\n", "timeout"},
	} {
		write(t, file, b.text)
		gen++
		failed := h.wait(b.what+" is told", func(l line) bool { return l.Event == "failed" && l.Gen == gen })
		if failed.Why != b.why || failed.Next != "keeps" {
			t.Errorf("%s: %+v", b.what, failed)
		}
		tr.more(100)
		good := i + 2
		for text := "export const version = " + strconv.Itoa(good) + "\n"; ; text += "\n" {
			write(t, file, text)
			gen++
			told := h.wait("the good save is told", func(l line) bool {
				return l.Gen == gen && (l.Event == "serving" || l.Event == "failed")
			})
			if told.Event == "serving" {
				break
			}
			if told.Why != "timeout" { // a busy machine: ten seconds are little for npm and tsx there
				t.Fatalf("the good save after a %s: %+v", b.what, told)
			}
			t.Logf("generation %d needs more than ten seconds", gen)
		}
		tr.answers(strconv.Itoa(good), 50)
	}
	tr.end()
}
