//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// With --inspect a standby has its inspector's port from the start, and nobody is
// led there before it serves: then the attached debugger finds it, it is announced
// once, and a breakpoint in its code is met.
func TestWarmUnderADebugger(t *testing.T) {
	t.Parallel()
	const file = "server.mjs"
	dir, port, debug := t.TempDir(), freePort(t), "127.0.0.1:"+freePort(t)
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	write(t, filepath.Join(dir, file), "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)\n"+plainNode+inspectable)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch"},
		command: []string{"node", "--inspect=" + debug, file},
	})
	h.Serving(1)
	e := beginEditor(t, debug, "globalThis.version")
	e.finds("1")
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
		next(t, h, dir, v)
		l := h.warm(v)
		m := e.finds(strconv.Itoa(v))
		t.Logf("version %d: attached %v after it served", v, m.attached.Sub(l.Time))
		tr.Answers(strconv.Itoa(v), 20)
		h.drains(v - 1)
	}
	tr.end(t)
	meetsBreakpoint(t, debug, port, file)
	// One that crashes has a successor at once, and so has its debugger.
	h.waits(4)
	pid := number.FindString(strings.SplitN(get("http://127.0.0.1:"+port), `"pid":`, 2)[1])
	n, _ := strconv.Atoi(pid)
	testkit.NoError(t, syscall.Kill(n, syscall.SIGKILL))
	h.Wait("it crashes", e2etest.Of("crashed", 3))
	h.warm(4)
	beginEditor(t, debug, generation).finds("4")
}

// meetsBreakpoint sets one in the program's code, where a request passes.
func meetsBreakpoint(t *testing.T, debug, port, file string) {
	t.Helper()
	d := testkit.Must(attach(background(t), debug, true))(t)
	defer d.conn.CloseNow()
	testkit.Must(d.call(background(t), "Debugger.enable", nil))(t)
	answer := make(chan string, 1)
	go func() { answer <- get("http://127.0.0.1:" + port + "/stop") }()
	d.event(t, "Debugger.paused")
	if got := <-answer; !strings.Contains(got, `"version":3`) {
		t.Errorf("the request that stood still is answered %q", got)
	}
}
