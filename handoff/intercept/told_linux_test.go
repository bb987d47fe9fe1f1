package intercept

import (
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A program that tries a taken port again and again, or many of them, causes one
// report for each, and not more than maxTaken.
func TestTakenIsToldOnce(t *testing.T) {
	w := newWorld(t)
	other := w.bare()
	g := w.start("sockets")
	g.ok("socket x tcp4", "set x reuseaddr 1")
	var taken []handoff.Endpoint
	for range maxInUse + 2 {
		e := endpoint(t, "127.0.0.1", false)
		name := "s" + e.Addr.String()
		other.ok("socket "+name+" tcp4", "set "+name+" reuseaddr 1", "bind "+name+" "+e.Addr.String(), "listen "+name+
			" 5")
		taken = append(taken, e)
	}
	for range 3 {
		for _, e := range taken {
			if got := g.do("bind x", e.Addr); got != "EADDRINUSE" {
				t.Fatalf("bind: %s", got)
			}
		}
	}
	for i, e := range taken[:maxInUse] {
		g.heard(handoff.AddressInUse{Gen: 1, Endpoint: e, Last: i == maxInUse-1})
	}
	free := endpoint(t, "127.0.0.1", false)
	g.ok("bind x "+free.Addr.String(), "listen x 5")
	g.heard(handoff.Listening{Gen: 1, Endpoint: free}) // and nothing before
}
