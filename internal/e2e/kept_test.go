//go:build linux

package e2e

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// keptServer is a server that knows nothing of hotswap.
type keptServer struct {
	name, file string
	command    []string
	needs      []string // a command that succeeds where the server can run
	args       []string // of hotswap, filled like command
	env        []string
	host       string  // default 127.0.0.1
	from       options // binary and wrap: who runs hotswap
}

var keptServers = []keptServer{
	{name: "uvicorn", file: "app.py",
		command: words("/usr/bin/uvicorn --log-level error --timeout-keep-alive 60 --host HOST --port PORT app:app"),
		needs:   words("/usr/bin/uvicorn --version")},
	{name: "go", file: "go/main.go", command: words("go -C go run ."), needs: words("go version"),
		args: words("--no-adapter")},
	{name: "gunicorn", file: "wsgi.py",
		command: words("/usr/bin/gunicorn --threads 16 --keep-alive 60 --bind HOST:PORT wsgi:app"),
		needs:   words("/usr/bin/gunicorn --version")},
	{name: "puma", file: "config.ru", command: words("/usr/bin/puma -q -t 16:16 -b tcp://HOST:PORT"),
		needs: words("/usr/bin/puma --version")},
	{name: "node", file: "server.js", command: words("node server.js"), needs: words("node --version")},
	{name: "cluster", file: "server.js", command: words("node cluster.js"), needs: words("node --version")},
}

// keptKinds are what clients of all servers ask.
var keptKinds = []keptKind{
	{Name: "without a pause"},
	{Name: "10 ms", Pause: 10 * time.Millisecond},
	{Name: "100 ms", Pause: 100 * time.Millisecond},
	{Name: "a second", Pause: 1100 * time.Millisecond},
	{Name: "answer in parts", Path: "/parts", Pause: 10 * time.Millisecond},
	{Name: "body", Body: []string{"GET / HTTP/1.1\r\n\r\n"}, Pause: 10 * time.Millisecond},
	{Name: "large body", Size: 200_000},
	{Name: "body in parts", Body: []string{"hello", "hello"}, Pause: 40 * time.Millisecond},
}

// start starts hotswap with the server, and returns the server's address and what writes the next version.
func (p keptServer) start(t *testing.T) (h *hotswap, address string, save func(version int)) {
	t.Helper()
	dir, port := t.TempDir(), testkit.FreePort(t)
	host := cmp.Or(p.host, "127.0.0.1")
	filled := func(command []string) []string {
		return words(strings.NewReplacer("HOST", host, "PORT", port).Replace(strings.Join(command, " ")))
	}
	needs(t, p.needs...)
	testkit.NoError(t, os.CopyFS(dir, os.DirFS("testdata/kept")))
	h = start(t, options{
		dir: dir, env: append(append([]string{"HOST=" + host, "PORT=" + port}, p.env...), p.from.env...),
		args: filled(p.args), command: filled(p.command),
		binary: p.from.binary, wrap: p.from.wrap,
	})
	h.Serving(1)
	address = host + ":" + port
	testkit.Reachable(t, address)
	return h, address, func(version int) {
		t.Helper()
		change(t, filepath.Join(dir, p.file), fmt.Sprintf("VERSION = %d", version-1),
			fmt.Sprintf("VERSION = %d", version))
	}
}

// keptServerOf returns the server of this name, with more of hotswap's options.
func keptServerOf(name string, args ...string) keptServer {
	p := keptServers[slices.IndexFunc(keptServers, func(p keptServer) bool { return p.name == name })]
	p.args = append(slices.Clone(p.args), args...)
	return p
}

// Whoever keeps a connection gets the new version where an adapter hands connections over, which those of another
// machine test with Node and uvicorn. The first process of a cluster accepts no connection, and is the one that waits
// for a save.
func TestKeptConnectionsGetTheNewVersion(t *testing.T) {
	t.Parallel()
	// a worker that starts late is of the next version
	h, address, save := keptServerOf("cluster", "--ready", "log:both").start(t)
	h.waits(2)
	k := underSaves(t, h, save, 2, client{Address: address, Kinds: keptKinds})
	if len(k.Old) > 0 || k.Moved != 3 {
		t.Errorf(
			"requests got an old answer, or version %d is the newest that a connection got which an older one had answered on", k.Moved)
	}
	if !h.Serving(2).Standby {
		t.Error("generation 2 began cold")
	}
}
