//go:build linux

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// endsProgram is a server of testdata/ends, and how its clients' connections end at a swap.
type endsProgram struct {
	name    string
	command []string // PORT stands for its port
	needs   []string // a command that succeeds where the program can run

	adapter bool   // hotswap's adapter ends the connections; those of the others end as by SIGTERM alone
	code    int    // the close code of each WebSocket
	stream  string // how each event stream ends: load.EndClean, EndCut or EndReset; "": the program has none
	fresh   bool   // no client keeps its connection, because the server ends it after each answer without saying so
}

// endsPrograms are the promises: what this table says of a swap is what clients see. 1012 is
// said by hotswap's adapter or by the server, 1001 by the program; 1006 is no close frame.
var endsPrograms = []endsProgram{
	{name: "node", command: words("node server.cjs"), needs: words("node --version"), adapter: true, code: 1012,
		stream: load.EndClean},
	{name: "uvicorn", command: words("/usr/bin/uvicorn --ws wsproto --log-level error --port PORT server_fastapi:app"),
		needs: words("/usr/bin/python3 -c __import__('fastapi'),__import__('uvicorn')"), adapter: true, code: 1012,
		stream: load.EndClean},
	{name: "hypercorn",
		command: words("/usr/bin/hypercorn --graceful-timeout 1 --log-level error -b 127.0.0.1:PORT server:app"),
		needs:   words("/usr/bin/hypercorn --help"), adapter: true, fresh: true, code: 1012, stream: load.EndClean},
	{name: "daphne", command: words("/usr/bin/daphne -v 0 -b 127.0.0.1 -p PORT server_channels:app"),
		needs: words("/usr/bin/python3 -c __import__('channels'),__import__('daphne')"), adapter: true, code: 1012,
		stream: load.EndClean},
	{name: "puma", command: words("/usr/bin/puma -q -t 0:40 -b tcp://127.0.0.1:PORT config.ru"),
		needs: words("ruby -rrack -rpuma -e 1"), code: 1006, stream: load.EndClean},
	{name: "go", command: words("./server"), code: 1001, stream: load.EndClean},
}

// argv returns the words with the placeholders filled in.
func (p endsProgram) argv(words []string, port string) (argv []string) {
	for _, w := range words {
		argv = append(argv, strings.NewReplacer("PORT", port).Replace(w))
	}
	return argv
}

// project returns a new folder with the program. It skips the test where the program cannot
// run.
func (p endsProgram) project(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	testkit.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, "internal/e2e/testdata/ends"))))
	switch p.name {
	case "node":
		linkModules(t, dir, "internal/e2e/testdata/websockets")
	case "go":
		testkit.NoError(t, e2etest.Build(filepath.Join(dir, "server"), "./internal/e2e/testdata/ends/golang", nil))
	}
	if len(p.needs) > 0 {
		needs(t, p.argv(p.needs, "")...)
	}
	return dir
}

// size leaves out of n the clients that the program cannot have.
func (p endsProgram) size(n endsSize) endsSize {
	if p.fresh {
		n.kept, n.slow = 0, 0
	}
	if p.stream == "" {
		n.streams = 0
	}
	return n
}

// start starts the program below hotswap, with clients of all kinds.
func (p endsProgram) start(t *testing.T, n endsSize, args ...string) (h *hotswap, version string, c *endsClients) {
	t.Helper()
	dir, port := p.project(t), freePort(t)
	h = start(t, options{dir: dir, env: []string{"PORT=" + port}, args: args, command: p.argv(p.command, port)})
	h.Serving(1)
	c = beginEndsClients(t, port, n)
	c.at(1)
	return h, filepath.Join(dir, "version.json"), c
}

// Where there is an adapter, event streams and WebSockets are with the new version from the cutover on, where files
// are watched: the old generation is still in its probation. After a rollback they are back. No request is lost.
func TestStreamsAndWebSocketsComeAtTheCutover(t *testing.T) {
	t.Parallel()
	for _, p := range endsPrograms {
		if !p.adapter {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name != "node" && p.name != "uvicorn") // the adapter changes each server of ASGI in its own way
			t.Parallel()
			n := p.size(endsSize{sockets: 10, streams: 10, kept: 4, fresh: 1, slow: 1})
			h, version, c := p.start(t, n, "--probation", "1h", "--ignore", "version.json")
			save(t, version, 2)
			h.signal(syscall.SIGHUP)
			h.Serving(2)
			c.at(2)
			again := c.traffic.SuspendOrder()
			h.does("rollback")
			c.at(1)
			again()
			h.drains(2)
			c.end().expect(t, p, n, 2)
		})
	}
}

// Below hotswap each kind of connection to a program without an adapter ends as the table says, which is as by SIGTERM
// alone, and no request is lost.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, p := range endsPrograms {
		if p.adapter {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			n := p.size(endsSize{sockets: 4, streams: 2, kept: 4, fresh: 1, slow: 1})
			h, version, c := p.start(t, n, "--no-watch", "--probation", brief, "--drain-timeout", "9s",
				"--stream-timeout", "9s")
			save(t, version, 2)
			h.signal(syscall.SIGHUP)
			h.Serving(2)
			h.drains(1)
			c.at(2)
			c.end().expect(t, p, n, 1)
		})
	}
}

// expect demands that all WebSockets and event streams have ended so often, as the program's do, and that no message
// was lost on an open WebSocket.
func (e endsTally) expect(t *testing.T, p endsProgram, n endsSize, times int) {
	t.Helper()
	if want := map[int]uint64{p.code: uint64(n.sockets * times)}; !maps.Equal(e.sockets.Closes, want) {
		t.Errorf("WebSockets ended by %v, want %v", e.sockets.Closes, want)
	}
	if !e.sockets.Echoes.Whole() || !e.sockets.Pushes.Whole() {
		t.Error("a message was lost, doubled or out of order on an open connection")
	}
	want := map[string]uint64{}
	if n.streams > 0 {
		want[p.stream] = uint64(n.streams * times)
	}
	if !maps.Equal(e.streams.Ends, want) || e.streams.Split > 0 {
		t.Errorf("event streams ended by %v, %d in the middle of an event; want %v", e.streams.Ends, e.streams.Split,
			want)
	}
	t.Log(e)
}
