package intercept

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// watched has the registry look at what the generation's processes have open.
func (g *generation) watched(w *world) {
	w.registry.SetProcesses(g.id, func() ([]int, error) { return g.Tree(), nil })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.registry.WatchClosed(ctx, func() { w.registry.Sweep() })
	}()
	g.t.Cleanup(func() { cancel(); <-done })
}

// An address that a program has closed is free for others, while the program lives; TestLastListener says how soon.
func TestClosedIsFree(t *testing.T) {
	tcp, udp := endpoint(t, "127.0.0.1", false), endpoint(t, "127.0.0.1", false)
	udp.Network = "udp4"
	path := atPath(t, filepath.Join(t.TempDir(), "app.sock"))
	for e, orders := range map[handoff.Endpoint][]string{
		tcp:  {"socket a tcp4", "bind a " + tcp.Addr.String(), "listen a 5"},
		udp:  {"socket a udp4", "bind a " + udp.Addr.String()},
		path: {"socket a unix", "bind a " + path.Path, "listen a 5"},
	} {
		if forbids := os.Getenv(forbidEnv) != ""; forbids && e != tcp {
			continue
		} else if forbids {
			orders = orders[:2] // bound in hotswap's own socket
		}
		t.Run(e.Network, func(t *testing.T) {
			w := newWorld(t)
			g := w.start("sockets")
			g.watched(w)
			g.ok(orders...)
			w.cutover(g.id)
			g.ok("close a")
			testkit.Eventually(t, func() error {
				if e.IsUDP() {
					c, err := net.ListenPacket("udp4", e.Address())
					if err == nil {
						c.Close()
					}
					return err
				}
				c, err := net.Listen(map[bool]string{true: "unix", false: "tcp4"}[e.IsUnix()], e.Address())
				if err == nil {
					c.Close()
				}
				return err
			})
		})
	}
}
