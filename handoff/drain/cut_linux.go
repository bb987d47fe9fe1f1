package drain

import (
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Cut ends the connections that the processes have at these endpoints at once,
// whatever is under way on them, and returns how many. It is for debuggers, which
// come back by themselves. Where pidfd_getfd is forbidden it ends none.
func Cut(tree []int, at []handoff.Endpoint) (n int) {
	g := newPidfdObserver(portsOf(at), func(int, uint16) bool { return false })
	defer g.close()
	conns := map[uint64]*conn{}
	g.discover(tree, conns)
	g.look(conns, func(_ *conn, _ sample, h control) {
		if unix.Shutdown(h.(fdControl).fd, unix.SHUT_RDWR) == nil {
			n++
		}
	})
	return n
}
