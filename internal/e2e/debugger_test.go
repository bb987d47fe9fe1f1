//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// inspected starts plainNode with an inspector, as a server that says its version to debuggers, too, and can be stopped by them.
// next swaps to a version.
func inspected(t *testing.T) (h *hotswap, debug string, next func(version int)) {
	t.Helper()
	dir := nodeProject(t, `
globalThis.version = version
server.prependListener('request', (q) => { if (q.url === '/stop') debugger })
`)
	debug = "127.0.0.1:" + freePort(t)
	h = start(t, options{dir: dir, args: []string{"--no-watch"}, command: []string{"node", "--inspect=" + debug, "server.js"}})
	h.Serving(1)
	return h, debug, func(version int) {
		t.Helper()
		save(t, filepath.Join(dir, "version.json"), version)
		h.signal(syscall.SIGHUP)
	}
}

// An attached debugger finds the new process after each swap, by itself; nobody else notices, and the old process does not
// wait for the debugger. Nobody is led to a standby, which has its inspector's port from the start, before it serves.
func TestDebuggerFindsTheNewProcess(t *testing.T) {
	t.Parallel()
	h, debug, next := inspected(t)
	e := beginEditor(t, debug, "globalThis.version")
	e.finds("1")
	refused := e.count()
	tr := h.load(getsOnly())
	for v := 2; v <= 3; v++ {
		h.waits(v)
		for range 5 { // whoever comes now
			d := testkit.Must(attach(background(t), debug, false))(t)
			if got, err := d.evaluate(background(t), "globalThis.version"); got != strconv.Itoa(v-1) {
				t.Fatalf("while a standby waits, a debugger finds %q, %v", got, err)
			}
			_ = d.conn.CloseNow()
		}
		if n := strings.Count(h.Log(), "Debugger listening on"); n != v-1 {
			t.Errorf("%d generations have told where they listen for their debuggers %d times", v-1, n)
		}
		next(v)
		h.warm(v)
		e.finds(strconv.Itoa(v))
		tr.Answers(strconv.Itoa(v), 20)
		h.drains(v - 1)
	}
	tr.end(t)
	if n := e.count(); n > refused {
		t.Errorf("the debugger was refused %d times", n-refused)
	}
}

// A process that stands at a breakpoint when it is relieved goes on, and answers
// what it has.
func TestSwapOfAProcessAtABreakpoint(t *testing.T) {
	t.Parallel()
	h, debug, next := inspected(t)
	c := testkit.Must(attach(background(t), debug, false))(t)
	testkit.Must(c.call(background(t), "Debugger.enable", nil))(t)
	answer := make(chan string, 1)
	go func() { answer <- get("http://" + h.addr() + "/stop") }()
	c.event(t, "Debugger.paused")
	next(2)
	h.Serving(2)
	if got := <-answer; !strings.Contains(got, `"version":1`) {
		t.Errorf("the request that stood still is answered %q", got)
	}
	h.drains(1)
}
