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
	keptServerOf("node"), keptServerOf("cluster"), keptServerOf("uvicorn"),
	{name: "http.server", file: "plain.py", command: words("python3 plain.py"), needs: words("python3 --version")},
	{name: "go", file: "go/main.go", command: words("go -C go run ."), needs: words("go version")},
}

// Without interception, Node, Python and Go servers are replaced as with it: whoever keeps a connection, and whoever opens
// one, loses nothing and gets nothing old.
func TestHeldSocketsLoseNothing(t *testing.T) {
	t.Parallel()
	for _, p := range heldServers {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "cluster" || p.name == "http.server")
			t.Parallel()
			p.args = words("--interception never --probation 1s")
			h, address, save := p.start(t)
			k := underSaves(t, h, save, enough(3, 2), client{Address: address, Kinds: keptKinds})
			if len(k.Old) > 0 || h.Count(is("unshared")) > 0 {
				t.Error("requests got an old answer, or generations took turns")
			}
		})
	}
}

// In a hotswap that intercepts, another one cannot: it holds the sockets.
func TestHotswapInsideHotswapLosesNothing(t *testing.T) {
	t.Parallel()
	p := heldServers[0]
	p.args, p.command = words("--no-watch"), append(words(binary+" --probation 1s --"), p.command...)
	_, address, save := p.start(t)
	clients := client{Address: address, Kinds: keptKinds}.begin(t)
	for version := 2; version <= 3; version++ {
		save(version)
		testkit.Eventually(t, func() error {
			if text := get("http://" + address); !strings.HasPrefix(text, fmt.Sprintf("version %d ", version)) {
				return errors.New(text)
			}
			return nil
		})
	}
	if k := clients.ends(t); len(k.Failed) > 0 || k.Newest != 3 {
		t.Error("requests were lost")
	}
}

// proxiedServers are servers that know nothing of hotswap, and have the port in PORT. That of Go ends at once at its signal.
var proxiedServers = []keptServer{
	keptServerOf("go"), keptServerOf("node without adapter"),
	{name: "puma", file: "config.ru", command: words("sh puma.sh"), needs: words("/usr/bin/puma --version")},
}

// Behind a proxy, no request fails and none gets an old answer, whether its client keeps its connection or not: a connection
// gets the new version between two requests.
func TestProxyLosesNothing(t *testing.T) {
	t.Parallel()
	for _, p := range proxiedServers {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "puma")
			t.Parallel()
			p.args = append(words("--proxy HOST:PORT --probation 1s"), p.args...)
			h, address, save := p.start(t)
			if k := underSaves(t, h, save, enough(3, 2), client{Address: address, Kinds: keptKinds, Exact: true}); len(k.Old) > 0 {
				t.Error("requests got an old answer")
			}
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
	kinds := []keptKind{
		{Name: "10 ms", Pause: 10 * time.Millisecond},
		{Name: "100 ms", Pause: 100 * time.Millisecond},
		{Name: "slow", Path: "/slow", Pause: 10 * time.Millisecond, Clients: 4},
		{Name: "slow, later", Path: "/slow", Pause: 200 * time.Millisecond, Clients: 4},
		{Name: "answer in parts", Path: "/parts", Pause: 10 * time.Millisecond},
	}
	for name, c := range map[string]struct {
		server    keptServer
		args, env string
		stay      bool // connections do, because something reads a line before Node's parser does
	}{
		"cluster":             {heldServers[1], "--ready log:both", "", false},
		"go":                  {heldServers[4], "", "", false},
		"node of macOS":       {heldServers[0], "", "PLATFORM=darwin", false},
		"uvicorn of macOS":    {heldServers[2], "", "PLATFORM=darwin", false},
		"node, nothing moves": {node, "", "PROXY_LINE=1", true},
		"node, one by one":    {node, "--strategy stop-first", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			spare(t, c.env == "" || c.stay) // those of macOS also have other system calls
			t.Parallel()
			p := c.server
			p.args, p.env, p.from = words("--interception never --probation 50ms "+c.args), words(c.env), sandbox
			h, address, save := p.start(t)
			saves := enough(5, 2)
			if k := underSaves(t, h, save, saves, client{Address: address, Kinds: kinds}); len(k.Old) > 0 || !c.stay && k.Moved != saves+1 {
				t.Error("requests on kept connections got an old answer, or no connection moved")
			}
			if n := h.Count(func(l line) bool { return l.Event == "drained" && (l.Busy || l.Killed) }); n > 0 {
				t.Errorf("%d generations were stopped while they were busy, or killed", n)
			}
		})
	}
}
