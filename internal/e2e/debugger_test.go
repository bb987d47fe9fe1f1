//go:build linux

package e2e

import (
	"fmt"
	gobuild "go/build"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The port of a debugger leads to the process that serves, not to one that only waits, and after a swap to the next
// one. A process that stands at a breakpoint when it is relieved goes on, and answers what it has.
func TestDebuggerFindsTheNewProcess(t *testing.T) {
	t.Parallel()
	dir, debug := nodeProject(t, `
globalThis.version = version
server.prependListener('request', (q) => { if (q.url === '/stop') debugger })
`), "127.0.0.1:"+freePort(t)
	h := start(t, options{dir: dir, args: []string{"--no-watch"}, command: []string{"node", "--inspect=" + debug,
		"server.js"}})
	h.Serving(1)
	attached := func(version int) (c *cdp) {
		t.Helper()
		testkit.Eventually(t, func() (err error) {
			c, err = attach(background(t), debug)
			if err != nil {
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

// Delve with --continue starts the program by a connection to its own port. That reaches the delve which connects, and
// not the one that serves, so each save serves, and no request is lost.
func TestDelveServesEachSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testkit.NoError(t, os.CopyFS(dir, os.DirFS("../../examples/go-server")))
	write(t, filepath.Join(dir, "go.mod"), "module server\n\ngo 1.24\n")
	dlv := []string{filepath.Join(gobuild.Default.GOPATH, "bin", "dlv"), "exec", "--listen=127.0.0.1:" + freePort(t)}
	h := start(t, options{
		dir: dir, args: []string{"--build", "go build -o app main.go"},
		command: append(dlv, words("--headless --continue --accept-multiclient ./app -- -addr 127.0.0.1:$PORT")...),
	})
	tr := h.under([]load.Kind{load.FreshGET(4)})
	for gen := 2; gen <= 3; gen++ {
		change(t, filepath.Join(dir, "main.go"), fmt.Sprintf(`version = "%d"`, gen-1),
			fmt.Sprintf(`version = "%d"`, gen))
		tr.swapped(gen)
	}
	tr.end(t)
}
