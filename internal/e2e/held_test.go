//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// heldServers are servers that ask hotswap for their sockets. Python's own keeps no connection.
var heldServers = []keptServer{
	keptServers[3], keptServers[5], keptServers[0],
	{name: "http.server", file: "plain.py", command: words("python3 plain.py"), needs: words("python3 --version")},
	{name: "go", file: "go/main.go", command: words("go -C go run ."), needs: words("go version")},
}

// Without interception, Node, Python and Go servers are replaced as with it: whoever keeps a connection, and whoever opens
// one, loses nothing and gets nothing old.
func TestHeldSocketsLoseNothing(t *testing.T) {
	t.Parallel()
	last := enough(4, 3)
	for _, p := range heldServers {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "cluster" || p.name == "http.server")
			p.args = words("--interception never --probation 1s")
			h, address, save := p.start(t)
			end := bothClients(t, client{Address: address, Kinds: keptKinds})
			for version := 2; version <= last; version++ {
				time.Sleep(time.Second) // of traffic
				save(version)
				h.Serving(version)
				h.drains(version - 1)
			}
			time.Sleep(500 * time.Millisecond) // of traffic
			end(last)
			if n := h.Count(is("unshared")); n > 0 {
				t.Error("generations took turns")
			}
		})
	}
}

// bothClients begins clients that keep their connections, and others.
func bothClients(t *testing.T, c client) (end func(newest int)) {
	t.Helper()
	kept := c.begin(t)
	return func(newest int) {
		t.Helper()
		tally := kept.ends(t)
		if len(tally.Failed)+len(tally.Old) > 0 || tally.Newest != newest {
			t.Error("requests failed, or got an old answer")
		}
	}
}

// In a hotswap that intercepts, another one cannot: it holds the sockets.
func TestHotswapInsideHotswapLosesNothing(t *testing.T) {
	t.Parallel()
	for _, p := range []keptServer{heldServers[0], heldServers[2], heldServers[4]} {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name != "node")
			p.args = words("--no-watch")
			p.command = append(words(binary+" --probation 1s --"), p.command...)
			h, address, save := p.start(t)
			end := bothClients(t, client{Address: address, Kinds: keptKinds})
			for version := 2; version <= 3; version++ {
				time.Sleep(time.Second) // of traffic
				save(version)
				testkit.Eventually(t, func() error {
					if text := get("http://" + address); !strings.HasPrefix(text, fmt.Sprintf("version %d ", version)) {
						return errors.New(text)
					}
					return nil
				})
			}
			time.Sleep(time.Second) // of traffic
			end(3)
			h.killedNone()
		})
	}
}

// Where the kernel shows hotswap no connection, as in a sandbox or on macOS, the adapters alone know what is under way. Whoever waits for a
// slow answer at a save loses nothing.
func TestAdaptersDrainAlone(t *testing.T) {
	t.Parallel()
	node := keptServer{file: "server.js", command: words("node server.js"), needs: words("node --version")}
	sandbox := forbiddenGetfd(t)
	sandbox.env = words(forbidEnv + "=netlink")
	last := enough(6, 3)
	for name, c := range map[string]struct {
		server keptServer
		args   []string
		env    []string
		from   options
		stay   bool // connections do, because something reads a line before Node's parser does
	}{
		"node":                {heldServers[0], nil, nil, sandbox, false},
		"cluster":             {heldServers[1], words("--ready log:both"), nil, sandbox, false},
		"uvicorn":             {heldServers[2], nil, nil, sandbox, false},
		"go":                  {heldServers[4], nil, nil, sandbox, false},
		"node of macOS":       {heldServers[0], nil, words("PLATFORM=darwin"), sandbox, false},
		"uvicorn of macOS":    {heldServers[2], nil, words("PLATFORM=darwin"), sandbox, false},
		"node, nothing moves": {node, nil, words("PROXY_LINE=1"), sandbox, true},
		"node, one by one":    {node, words("--strategy stop-first"), nil, sandbox, false},
	} {
		t.Run(name, func(t *testing.T) {
			spare(t, c.env == nil || c.stay) // those of macOS also have other system calls
			p := c.server
			p.args, p.env, p.from = append(words("--interception never --probation 50ms"), c.args...), c.env, c.from
			h, address, save := p.start(t)
			kept := client{Address: address, Kinds: []keptKind{
				{Name: "10 ms", Pause: 10 * time.Millisecond},
				{Name: "100 ms", Pause: 100 * time.Millisecond},
				{Name: "slow", Path: "/slow", Pause: 10 * time.Millisecond, Clients: 4},
				{Name: "slow, later", Path: "/slow", Pause: 200 * time.Millisecond, Clients: 4},
				{Name: "answer in parts", Path: "/parts", Pause: 10 * time.Millisecond},
			}}.begin(t)
			for version := 2; version <= last; version++ {
				time.Sleep(500 * time.Millisecond) // of traffic
				save(version)
				h.Serving(version)
				h.drains(version - 1)
			}
			time.Sleep(500 * time.Millisecond) // of traffic
			if tally := kept.ends(t); len(tally.Failed)+len(tally.Old) > 0 || tally.Newest != last || !c.stay && tally.Moved != last {
				t.Error("requests on kept connections failed, or got an old answer, or no connection moved")
			}
			h.killedNone()
			if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Busy }); n > 0 {
				t.Errorf("%d generations were stopped while they were busy", n)
			}
		})
	}
}
