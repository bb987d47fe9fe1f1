package intercept

import (
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The helper threads is sockets, and its first thread has ended.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "helper:threads" {
		testkit.EndFirstThread(func() { helperSockets(nil) })
	}
}

// A notification names the thread, for the JVM, Erlang and Go bind on another than the first. When the first thread
// has ended /proc/PID/fd is empty, and pidfd_getfd(2) on the process says EBADF.
func TestFirstThreadHasEnded(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	for _, label := range []string{"one", "two"} {
		g := w.start("threads")
		testkit.FirstThreadEnded(t, g.PID())
		g.ok("socket a tcp4")
		before := g.do("inode a")
		g.ok("bind a "+e.Addr.String(), "listen a 5", "serve a "+label)
		g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
		if after := g.do("inode a"); after != before {
			t.Errorf("socket %s became %s", before, after)
		}
		w.cutover(g.id)
		answered(t, e, 5, label)
		g.ok("socket b tcp4")
		g.gets("EADDRINUSE", "bind b", e.Addr)
		g.quiet()
	}
}
