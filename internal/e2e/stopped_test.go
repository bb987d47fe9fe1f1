//go:build linux

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stoppedAt starts a Node server and stops it at a breakpoint by a debugger. answer gets
// what the request that stands there is answered.
func stoppedAt(t *testing.T, node string, args ...string) (h *hotswap, c *cdp, dir, url string, answer chan string) {
	t.Helper()
	dir, port, debug := inspected(t, "")
	h = start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: args, command: []string{node, "--inspect=" + debug, "server.js"},
	})
	h.serving(1)
	c, err := attach(background(t), debug, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.call(background(t), "Debugger.enable", nil); err != nil {
		t.Fatal(err)
	}
	url, answer = "http://127.0.0.1:"+port, make(chan string, 1)
	go func() { answer <- get(url + "/stop") }()
	c.event(t, "Debugger.paused")
	return h, c, dir, url, answer
}

// getAnew asks over a connection of its own.
func getAnew(url string) string {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return string(b)
}

func isStopped(l line) bool { return l.Event == "stopped" }

// A save waits while the program stands at a breakpoint, also while a person steps through
// it. One swap follows when it runs on. The person's debugger notices nothing.
func TestSaveWaitsAtABreakpoint(t *testing.T) {
	t.Parallel()
	for _, node := range nodes(t) {
		t.Run(fmt.Sprint("Node ", node.major), func(t *testing.T) {
			t.Parallel()
			h, c, dir, url, answer := stoppedAt(t, node.binary)
			save(t, filepath.Join(dir, "version.json"), 2)
			l := h.wait("the save waits", isStopped)
			if l.PID == 0 || !slices.Equal(l.Files, []string{"version.json"}) || !strings.Contains(l.Message, "stopped in a debugger") {
				t.Errorf("the line %+v", l)
			}
			for range 4 {
				for len(c.events) > 0 {
					if got := <-c.events; got == "Debugger.resumed" {
						t.Error("the program went on by itself")
					}
				}
				if _, err := c.call(background(t), "Debugger.stepInto", nil); err != nil {
					t.Fatal(err)
				}
				c.event(t, "Debugger.paused")
				time.Sleep(200 * time.Millisecond) // the pace of a person
			}
			save(t, filepath.Join(dir, "version.json"), 3)
			if _, err := c.call(background(t), "Debugger.resume", nil); err != nil {
				t.Fatal(err)
			}
			if got := <-answer; !strings.Contains(got, `"version":1`) {
				t.Errorf("the request that stood still is answered %q", got)
			}
			h.serving(2)
			if got := getAnew(url); !strings.Contains(got, `"version":3`) {
				t.Errorf("served is %q", got)
			}
			if n := h.count(isStopped); n != 1 {
				t.Errorf("%d lines say that the program is stopped", n)
			}
			if l := h.drained(1); l.Killed {
				t.Error("the old one had to be killed")
			}
		})
	}
}

// The same on deno, which has V8's inspector too; its command is a script for Node.
func TestSaveWaitsAtABreakpointOfDeno(t *testing.T) {
	t.Parallel()
	dir, port, debug := project(t, "fleet"), freePort(t), "127.0.0.1:"+freePort(t)
	write(t, filepath.Join(dir, "stops.ts"), `
const port = Number(Deno.env.get('PORT'))
Deno.serve({ port, hostname: '127.0.0.1' }, (q) => {
  if (q.url.endsWith('/stop')) debugger
  return new Response('pid ' + Deno.pid)
})`)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port},
		command: []string{"node_modules/.bin/deno", "run", "--allow-net", "--allow-env", "--inspect=" + debug, "stops.ts"},
	})
	h.serving(1)
	c, err := attach(background(t), debug, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.call(background(t), "Debugger.enable", nil); err != nil {
		t.Fatal(err)
	}
	answer := make(chan string, 1)
	go func() { answer <- getAnew("http://127.0.0.1:" + port + "/stop") }()
	c.event(t, "Debugger.paused")
	save(t, filepath.Join(dir, "version.json"), 2)
	l := h.wait("the save waits", isStopped)
	if _, err := c.call(background(t), "Debugger.resume", nil); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got != fmt.Sprint("pid ", l.PID) {
		t.Errorf("the line names process %d, %q was stopped", l.PID, got)
	}
	h.serving(2)
	h.drained(1)
}

// A save goes on when the debugger has gone; hotswap's own connection does not keep the
// program stopped.
func TestSaveGoesOnWithoutItsDebugger(t *testing.T) {
	t.Parallel()
	h, c, dir, _, answer := stoppedAt(t, "node")
	save(t, filepath.Join(dir, "version.json"), 2)
	h.wait("the save waits", isStopped)
	_ = c.conn.CloseNow()
	if got := <-answer; !strings.Contains(got, `"version":1`) {
		t.Errorf("the request that stood still is answered %q", got)
	}
	h.serving(2)
	h.drained(1)
}

// A person may ask for a swap in spite of the debugger. The save that waited is in it, and
// comes once more.
func TestReloadAtABreakpoint(t *testing.T) {
	t.Parallel()
	h, _, dir, url, _ := stoppedAt(t, "node")
	save(t, filepath.Join(dir, "version.json"), 2)
	h.wait("the save waits", isStopped)
	h.signal(syscall.SIGHUP)
	l := h.serving(2)
	if l.Cause != "command" {
		t.Errorf("generation 2 serves because of %q", l.Cause)
	}
	if got := getAnew(url); !strings.Contains(got, `"version":2`) {
		t.Errorf("served is %q", got)
	}
	if l := h.serving(3); l.Cause != "change" {
		t.Errorf("generation 3 serves because of %q", l.Cause)
	}
}

// --swap-while-paused does not look.
func TestSwapWhilePaused(t *testing.T) {
	t.Parallel()
	h, _, dir, _, answer := stoppedAt(t, "node", "--swap-while-paused")
	save(t, filepath.Join(dir, "version.json"), 2)
	h.serving(2)
	<-answer
	if n := h.count(isStopped); n != 0 {
		t.Error("it waited")
	}
}

// A debugger that is attached to a program that runs costs a save nothing to speak of, and
// the program's output gets no line of Node's about another debugger.
func TestSaveBesideAnIdleDebugger(t *testing.T) {
	t.Parallel()
	dir, port, debug := inspected(t, "")
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--verbose", "--probation", brief}, command: []string{"node", "--inspect=" + debug, "server.js"},
	})
	e := beginEditor(t, debug, "globalThis.version")
	// While it tells what it has loaded, the main thread is busy, and hotswap would connect.
	idle := func(l line) { h.wait("what is loaded", isEvent("follows", l.Gen, "")) }
	l := h.serving(1)
	e.finds("1")
	for v := 2; v <= 4; v++ {
		idle(l)
		save(t, filepath.Join(dir, "version.json"), v)
		l = h.serving(v)
		e.finds(fmt.Sprint(v))
		h.drained(v - 1)
	}
	if n := h.count(isStopped); n != 0 {
		t.Errorf("a save waited: %s", h.log())
	}
	if n := strings.Count(h.log(), "Debugger attached."); n != 4 {
		t.Errorf("Node printed %d times that a debugger has attached, want once for each generation", n)
	}
}
