//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// nodeClients are clients in Node, see testdata/node/clients.mjs.
type nodeClients struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Closer
	out bytes.Buffer
}

// nodeTally is what they have seen.
type nodeTally struct {
	Agent, Fetch struct {
		OK               int
		Failed, Versions map[string]int
	}
}

func beginNode(t *testing.T, port string, posters int) *nodeClients {
	t.Helper()
	c := &nodeClients{t: t, cmd: exec.Command("node", filepath.Join(root, "internal/e2e/testdata/node/clients.mjs"),
		port, strconv.Itoa(posters))}
	c.cmd.Stdout, c.cmd.Stderr = &c.out, os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.in.Close(); _ = c.cmd.Process.Kill() })
	return c
}

// end demands that nothing has failed.
func (c *nodeClients) end() (n nodeTally) {
	c.t.Helper()
	_ = c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal(c.out.Bytes(), &n); err != nil {
		c.t.Fatalf("%v in %q", err, c.out.String())
	}
	for _, k := range []struct {
		name   string
		failed map[string]int
	}{{"http.Agent", n.Agent.Failed}, {"fetch", n.Fetch.Failed}} {
		if len(k.failed) > 0 {
			c.t.Errorf("%s: failed %v", k.name, k.failed)
		}
	}
	c.t.Logf("http.Agent %d, fetch %d", n.Agent.OK, n.Fetch.OK)
	return n
}

// ownHandler is a server as frameworks are: told to stop, it closes what it has.
const ownHandler = `
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

const echoNode = `
const http = require('http'), { version } = require('./version.json')
const server = http.createServer((q, r) => {
  let echo = ''
  q.on('data', (d) => (echo += d)).on('end', () => r.end(JSON.stringify({ pong: true, echo, version, pid: process.pid })))
}).listen(process.env.PORT, '127.0.0.1')
`

// With a handler of its own for the stop signal and without; and when there is no
// probation in which clients could be moved on before.
func TestPoolsOfNodeAndTheStopSignal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more string
		args []string
	}{
		"without a handler": {"", nil}, "no probation, its own handler": {ownHandler, []string{"--probation", "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
			write(t, filepath.Join(dir, "server.js"), echoNode+c.more)
			h := start(t, options{
				dir: dir, env: []string{"PORT=" + port}, args: append([]string{"--no-watch"}, c.args...), command: []string{"node", "server.js"},
			})
			h.serving(1)
			clients := beginNode(t, port, 3)
			tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
			last := 4
			if full() {
				last = 6
			}
			for v := 2; v <= last; v++ {
				tr.answers(strconv.Itoa(v-1), 20)
				save(t, filepath.Join(dir, "version.json"), v)
				h.signal(syscall.SIGHUP)
				h.serving(v)
			}
			h.drained(last - 1)
			clients.end()
			tr.end()
		})
	}
}

// The adapter does without what is not as expected in Node, and says so.
func TestAdapterDegrades(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "handoff/runtime/node/js")
	for _, n := range someNodes(t) {
		t.Run(fmt.Sprintf("node%d", n.major), func(t *testing.T) {
			out, err := exec.CommandContext(background(t), n.binary, filepath.Join(folder, "../testdata/internals.test.cjs"), folder, t.TempDir()).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// hotswap tells the user once what is off in this Node.
func TestAdapterSaysWhatIsOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "server.js"), "require('http').createServer((req, res) => res.end('pong')).listen(process.env.PORT, '127.0.0.1')\n")
	broken := filepath.Join(root, "handoff/runtime/node/testdata/break.cjs")
	port := freePort(t)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port, "NODE_OPTIONS=--require " + broken, "BREAK=Module._load", "BREAK_FOR=/node-"}, command: []string{"node", "server.js"}})
	h.serving(1)
	h.signal(syscall.SIGHUP)
	h.serving(2)
	l := h.wait("what is off", func(l line) bool { return l.Event == "adapter-limited" })
	if !strings.Contains(l.Message, "standbys is off") || !strings.Contains(l.Message, "Module._load") {
		t.Errorf("it says %q", l.Message)
	}
}

// The adapter by itself, in the node that is installed.
func TestAdapterInNode(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "handoff/runtime/node/js")
	for _, args := range [][]string{
		{"frames.test.cjs"},
		{"move.test.cjs"},
		{"arrive.test.cjs"},
		{"leave.test.cjs"},
		{"semaphore.test.cjs"},
		{"modules.test.cjs", folder, t.TempDir()},
		{"adapter.test.cjs", folder, t.TempDir(), "-v"},
		{"adapter.test.cjs", folder, t.TempDir(), "-v", "wrapped"},
		{"adapter.test.cjs", folder, t.TempDir(), "-v", "hidden"},
		{"adapter.test.cjs", folder, t.TempDir(), "-v", "multiplexed"},
	} {
		t.Run(args[0]+strings.Join(args[min(4, len(args)):], " "), func(t *testing.T) {
			t.Parallel()
			args[0] = filepath.Join(folder, "../testdata", args[0])
			out, err := exec.CommandContext(background(t), "node", args...).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
