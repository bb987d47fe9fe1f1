//go:build linux

package e2e

import (
	"testing"
	"time"
)

// proxiedServers are servers that know nothing of hotswap, and have the port in PORT. That of Go ends at once at its signal.
var proxiedServers = []keptServer{
	keptServers[2], keptServers[4],
	{name: "puma", file: "config.ru", command: words("sh puma.sh"), needs: words("/usr/bin/puma --version")},
}

// Behind a proxy, no request fails and none gets an old answer, whether its client keeps its connection or not: a connection
// gets the new version between two requests.
func TestProxyLosesNothing(t *testing.T) {
	t.Parallel()
	last := enough(4, 3)
	for _, p := range proxiedServers {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "puma")
			p.args = append(words("--proxy HOST:PORT --probation 1s"), p.args...)
			h, address, save := p.start(t)
			end := bothClients(t, client{Address: address, Kinds: keptKinds, Exact: true})
			for version := 2; version <= last; version++ {
				time.Sleep(time.Second) // of traffic
				save(version)
				h.Serving(version)
				h.drains(version - 1)
			}
			time.Sleep(500 * time.Millisecond) // of traffic
			end(last)
		})
	}
}
