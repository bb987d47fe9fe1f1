//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The port of a debugger leads to the process that serves, not to one that only waits, and after a swap to the next one. A process
// that stands at a breakpoint when it is relieved goes on, and answers what it has.
func TestDebuggerFindsTheNewProcess(t *testing.T) {
	t.Parallel()
	dir, debug := nodeProject(t, `
globalThis.version = version
server.prependListener('request', (q) => { if (q.url === '/stop') debugger })
`), "127.0.0.1:"+freePort(t)
	h := start(t, options{dir: dir, args: []string{"--no-watch"}, command: []string{"node", "--inspect=" + debug, "server.js"}})
	h.Serving(1)
	attached := func(version int) (c *cdp) {
		t.Helper()
		testkit.Eventually(t, func() (err error) {
			if c, err = attach(background(t), debug); err != nil {
				return err
			}
			if got, err := c.evaluate(background(t), "globalThis.version"); got != strconv.Itoa(version) {
				_ = c.conn.CloseNow()
				return fmt.Errorf("a debugger finds %q, %v", got, err)
			}
			return nil
		})
		t.Cleanup(func() { _ = c.conn.CloseNow() })
		return c
	}
	h.waits(2)
	c := attached(1)
	if n := strings.Count(h.Log(), "Debugger listening on"); n != 1 {
		t.Errorf("%d processes have told where they listen for their debuggers", n)
	}
	testkit.Must(c.call(background(t), "Debugger.enable", nil))(t)
	answer := make(chan string, 1)
	go func() { answer <- get("http://" + h.addr() + "/stop") }()
	c.event(t, "Debugger.paused")
	save(t, filepath.Join(dir, "version.json"), 2)
	h.signal(syscall.SIGHUP)
	h.warm(2)
	if got := <-answer; !strings.Contains(got, `"version":1`) {
		t.Errorf("the request that stood still is answered %q", got)
	}
	attached(2)
	h.drains(1)
}
