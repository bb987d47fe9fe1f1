//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
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
	from       options // binary and wrap: who runs hotswap
}

var keptServers = []keptServer{
	{name: "uvicorn", file: "app.py", command: words("/usr/bin/uvicorn --log-level error --timeout-keep-alive 60 --host HOST --port PORT app:app"), needs: words("/usr/bin/uvicorn --version")},
	{name: "puma", file: "config.ru", command: words("/usr/bin/puma -q -t 16:40 -b tcp://127.0.0.1:PORT"), needs: words("/usr/bin/puma --version")},
	{name: "go", file: "go/main.go", command: words("go -C go run ."), needs: words("go version"), args: words("--no-adapter")},
	{name: "node", file: "server.js", command: words("node server.js"), needs: words("node --version")},
	{name: "node without adapter", file: "server.js", command: words("node server.js"), needs: words("node --version"), args: words("--no-adapter")},
	{name: "cluster", file: "server.js", command: words("node cluster.js"), needs: words("node --version")},
	{name: "bun", file: "serve.ts", command: words("BUN serve.ts"), needs: words("BUN --version")},
	{name: "http.server", file: "plain.py", command: words("python3 plain.py"), needs: words("python3 --version"), env: words("PROTOCOL=HTTP/1.1")},
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
	host := "127.0.0.1"
	for _, kv := range p.env {
		if at, ok := strings.CutPrefix(kv, "HOST="); ok {
			host = at
		}
	}
	filled := func(command []string) []string {
		return words(strings.NewReplacer("HOST", host, "PORT", port, "BUN", fleetBun()).Replace(strings.Join(command, " ")))
	}
	if needs := filled(p.needs); exec.Command(needs[0], needs[1:]...).Run() != nil {
		t.Skipf("%s cannot run here", p.name)
	}
	testkit.NoError(t, os.CopyFS(dir, os.DirFS("testdata/kept")))
	h = start(t, options{
		dir: dir, env: append(append([]string{"PORT=" + port}, p.env...), p.from.env...), args: filled(p.args), command: filled(p.command),
		binary: p.from.binary, wrap: p.from.wrap,
	})
	h.Serving(1)
	address = host + ":" + port
	testkit.Reachable(t, address)
	return h, address, func(version int) {
		t.Helper()
		change(t, filepath.Join(dir, p.file), fmt.Sprintf("VERSION = %d", version-1), fmt.Sprintf("VERSION = %d", version))
	}
}

// keptServerOf returns the server of this name, with more of hotswap's options.
func keptServerOf(name string, args ...string) keptServer {
	p := keptServers[slices.IndexFunc(keptServers, func(p keptServer) bool { return p.name == name })]
	p.args = append(slices.Clone(p.args), args...)
	return p
}

// Whoever keeps a connection gets the new version as soon as whoever opens one where an adapter hands connections over.
// Elsewhere the old version answers until it ends, which loses nothing if the program ends as well-behaved servers do.
func TestKeptConnectionsGetTheNewVersion(t *testing.T) {
	t.Parallel()
	for _, p := range keptServers {
		exact := slices.Contains([]string{"node", "uvicorn", "cluster"}, p.name)
		if !exact && p.name != "puma" && p.name != "bun" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "bun") // TestBun keeps connections
			t.Parallel()
			c := client{Kinds: keptKinds, Exact: exact && p.name != "cluster"}
			switch {
			case p.name == "node": // which is rolled back
				p.args = words("--probation 1m")
			case p.name == "cluster":
				c.Settled = 1500 * time.Millisecond
			case !exact:
				p.args = words("--probation 200ms --drain-timeout 9s") // so clients that never pause meet the stop signal after 6 s
				c.Settled = 7500 * time.Millisecond
				c.Kinds = []keptKind{{Name: "5 s", Pause: 5 * time.Second}, {Name: "a minute", Pause: time.Minute}} // puma cuts some of those that never rest
			}
			h, address, save := p.start(t)
			c.Address = address
			clients := c.begin(t)
			for version := 2; version <= 3; version++ {
				time.Sleep(1500 * time.Millisecond) // of traffic
				save(version)
				h.Serving(version)
				if !exact {
					h.drains(version - 1)
				}
			}
			time.Sleep(1500 * time.Millisecond) // of traffic
			var after time.Time
			if p.name == "node" { // version 2 answers all clients soon after a rollback
				clients.say(t, "\n")
				h.does("rollback")
				after = time.Now().Add(time.Second)
				time.Sleep(1500 * time.Millisecond) // of traffic
			}
			tally := clients.ends(t)
			if len(tally.Failed)+len(tally.Old) > 0 || tally.Newest != 3 {
				t.Error("requests failed, or got an old answer")
			}
			if exact && tally.Moved != 3 {
				t.Errorf("version %d is the newest that a connection got which an older one had answered on", tally.Moved)
			}
			if !after.IsZero() && (tally.Last[3].After(after) || !tally.Last[2].After(after)) {
				t.Error("a second after a rollback to version 2, version 3 answers, or version 2 does not")
			}
		})
	}
}

// A browser sends the request for a page that it reloads on a connection that it keeps. Pages are told as soon as
// such a request goes to the new generation: at once where an adapter says so, else when the old one has ended.
func TestPagesAreToldWhileConnectionsAreKept(t *testing.T) {
	t.Parallel()
	for _, p := range keptServers[:2] {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "uvicorn")
			livePort(t)
			if p.args = words("--livereload --probation 10m"); p.name == "puma" { // the old version has no adapter that tells, but ends
				p.args[2] = brief
			}
			h, address, save := p.start(t)
			page := openTab(t)
			page.enter("http://" + address)
			page.is("document.body?.innerText", "version 1 size 0")
			save(2)
			h.Wait("pages are told", is("livereload-told"))
			page.run("location.reload()")
			page.is("document.body?.innerText", "version 2 size 0")
		})
	}
}
