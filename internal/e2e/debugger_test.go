//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// inspectable is echoNode that says its version to debuggers too.
const inspectable = echoNode + `
globalThis.version = version
`

// An attached debugger finds the new process after each swap, by itself; nobody
// else notices.
func TestDebuggerFindsTheNewProcess(t *testing.T) {
	for _, flag := range []string{"--inspect", "--inspect-brk"} {
		t.Run(flag, func(t *testing.T) {
			dir, port, debug := t.TempDir(), freePort(t), "127.0.0.1:"+freePort(t)
			write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
			write(t, filepath.Join(dir, "server.js"), inspectable)
			h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch"}, command: []string{"node", flag + "=" + debug, "server.js"}})
			e := beginEditor(t, debug, "globalThis.version")
			h.serving(1)
			e.finds("1")
			tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
			for v := 2; v <= 6; v++ {
				tr.answers(strconv.Itoa(v-1), 50)
				save(t, filepath.Join(dir, "version.json"), v)
				h.signal(syscall.SIGHUP)
				served := h.serving(v).Time
				took := e.finds(strconv.Itoa(v)).at.Sub(served)
				t.Logf("version %d: attached %v after it served", v, took.Round(time.Millisecond))
				if l := h.drained(v - 1); l.Killed {
					t.Error("its debugger kept the old one")
				}
			}
			tr.end()
		})
	}
}
