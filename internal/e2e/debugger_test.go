//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// inspectable is what makes plainNode a server that says its version to debuggers too, and can be
// stopped by them.
const inspectable = `
globalThis.version = version
server.prependListener('request', (q) => { if (q.url === '/stop') debugger })
`

// generation is what a debugger asks any process of node's.
const generation = "process.env.HOTSWAP_GENERATION"

// inspected is a folder with that program.
func inspected(t *testing.T, more string) (dir, port, debug string) {
	return nodeProject(t, inspectable+more), freePort(t), "127.0.0.1:" + freePort(t)
}

// next swaps to a version.
func next(t *testing.T, h *hotswap, dir string, version int) {
	t.Helper()
	save(t, filepath.Join(dir, "version.json"), version)
	h.signal(syscall.SIGHUP)
}

// An attached debugger finds the new process after each swap, by itself; nobody
// else notices, and the old process does not wait for it.
func TestDebuggerFindsTheNewProcess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flag, more string
		args       []string
	}{
		"inspect-brk":         {flag: "--inspect-brk"},
		"inspect, stop first": {flag: "--inspect", more: ownHandler, args: []string{"--strategy", "stop-first"}},
	} {
		t.Run(name, func(t *testing.T) {
			spare(t, c.args != nil)
			t.Parallel()
			var dir, port, debug string
			var h *hotswap
			var e *editor
			for try := 1; ; try++ {
				dir, port, debug = inspected(t, c.more)
				h = start(t, options{
					dir: dir, env: []string{"PORT=" + port}, args: append([]string{"--no-watch"}, c.args...),
					command: []string{"node", c.flag + "=" + debug, "server.js"},
				})
				e = beginEditor(t, debug, "globalThis.version")
				if try == 3 || !diesInItsDebugger(h) {
					break
				}
				t.Log("Node died in its own debugger: once more")
			}
			h.Serving(1)
			e.finds("1")
			refused := e.count()
			tr := h.load(getsOnly())
			for v := 2; v <= 3; v++ {
				tr.Answers(strconv.Itoa(v-1), 20)
				next(t, h, dir, v)
				served := h.Serving(v).Time
				m := e.finds(strconv.Itoa(v))
				t.Logf("version %d: attached %v after it served, knows it %v after", v,
					m.attached.Sub(served).Round(time.Millisecond), m.at.Sub(served).Round(time.Millisecond))
				h.drains(v - 1)
			}
			tr.end(t)
			if n := e.count(); n > refused {
				t.Errorf("the debugger was refused %d times", n-refused)
			}
		})
	}
}

// diesInItsDebugger reports whether the first process ended in a check of V8's debugger,
// as Node 20 does now and then when a debugger attaches to --inspect-brk.
func diesInItsDebugger(h *hotswap) bool {
	h.t.Helper()
	l := h.Wait("generation 1 serves or fails", func(l line) bool { return l.Gen == 1 && (l.Event == "serving" || l.Event == "failed") })
	return l.Event == "failed" && strings.Contains(h.Log(), "Check failed: needs_context")
}

// A process that stands at a breakpoint when it is relieved goes on, and answers
// what it has.
func TestSwapOfAProcessAtABreakpoint(t *testing.T) {
	t.Parallel()
	dir, port, debug := inspected(t, "")
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch"},
		command: []string{"node", "--inspect=" + debug, "server.js"},
	})
	h.Serving(1)
	c := testkit.Must(attach(background(t), debug, false))(t)
	testkit.Must(c.call(background(t), "Debugger.enable", nil))(t)
	answer := make(chan string, 1)
	go func() { answer <- get("http://127.0.0.1:" + port + "/stop") }()
	c.event(t, "Debugger.paused")
	next(t, h, dir, 2)
	h.Serving(2)
	if got := <-answer; !strings.Contains(got, `"version":1`) {
		t.Errorf("the request that stood still is answered %q", got)
	}
	h.drains(1)
}
