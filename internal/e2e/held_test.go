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

// In a hotswap that intercepts, another one cannot: it holds the sockets.
func TestHotswapInsideHotswapLosesNothing(t *testing.T) {
	t.Parallel()
	p := keptServerOf("node")
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

// Behind a proxy, no request fails and none gets an old answer, whether its client keeps its connection or not: a
// connection gets the new version between two requests. The server knows nothing of hotswap, and ends at once at its
// signal.
func TestProxyLosesNothing(t *testing.T) {
	t.Parallel()
	h, address, save := keptServerOf("go", words("--proxy HOST:PORT --probation 1s")...).start(t)
	if k := underSaves(t, h, save, 2, client{Address: address, Kinds: keptKinds, Exact: true}); len(k.Old) > 0 {
		t.Error("requests got an old answer")
	}
}

// Where the kernel shows hotswap no connection, as in a sandbox or on macOS, the adapters alone know what is under way,
// and nothing is intercepted. Whoever waits for a slow answer at a save loses nothing.
func TestAdaptersDrainAlone(t *testing.T) {
	t.Parallel()
	sandbox := forbiddenGetfd(t)
	sandbox.env = words(forbidEnv + "=netlink")
	kinds := []keptKind{
		{Name: "10 ms", Pause: 10 * time.Millisecond},
		{Name: "100 ms", Pause: 100 * time.Millisecond},
		{Name: "slow", Path: "/slow", Pause: 10 * time.Millisecond, Clients: 4},
		{Name: "slow, later", Path: "/slow", Pause: 200 * time.Millisecond, Clients: 4},
		{Name: "answer in parts", Path: "/parts", Pause: 10 * time.Millisecond},
	}
	compiled := keptServerOf("go")
	compiled.args = nil // with its adapter
	for name, c := range map[string]struct {
		server keptServer
		env    []string
	}{
		"go": {compiled, nil}, "node of macOS": {keptServerOf("node"), words("PLATFORM=darwin")},
		"uvicorn of macOS": {keptServerOf("uvicorn"), words("PLATFORM=darwin")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.server
			p.args, p.env, p.from = words("--interception never --probation 50ms"), c.env, sandbox
			h, address, save := p.start(t)
			const saves = 2
			if k := underSaves(t, h, save, saves, client{Address: address, Kinds: kinds}); len(k.Old) > 0 ||
				k.Moved != saves+1 {
				t.Error("requests on kept connections got an old answer, or no connection moved")
			}
			if n := h.Count(func(l line) bool { return l.Event == "drained" && (l.Busy || l.Killed) }); n > 0 {
				t.Errorf("%d generations were stopped while they were busy, or killed", n)
			}
		})
	}
}
