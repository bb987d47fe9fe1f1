package reuseport

import (
	"fmt"
	"slices"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff/sockets"
)

// A stranger is a listening socket that is no gate. SO_REUSEPORT would let two hotswaps of one user listen at
// one address and steer each other's clients, so the registry looks for strangers itself before it listens
// where it has no gate. A stranger that comes later has a place in the kernel's array behind the gates, which
// changes nothing until a gate joins or leaves the group. So the registry looks again then, counts the places,
// and goes on.

// ErrTaken says that a stranger listens where a gate would.
var ErrTaken = fmt.Errorf("another program listens there: %w", syscall.EADDRINUSE)

// follow adds the strangers that have joined the group to the array, and removes those that have left: those
// that joined first, last. If some have joined and others left since the last call, the array may be wrong.
func (g *group) follow(all []sockets.Listener) {
	own := func(inode uint64) bool {
		return slices.ContainsFunc(g.all(), func(m *Gate) bool { return m.inode == inode })
	}
	first := slices.IndexFunc(all, func(l sockets.Listener) bool { return own(l.Inode) })
	if first < 0 {
		return
	}
	inside := slices.DeleteFunc(slices.Clone(all), func(l sockets.Listener) bool {
		return !l.At(g.endpoint) || l.User != all[first].User || l.Device
	})
	for _, inode := range slices.Backward(slices.Clone(g.array)) {
		if !own(inode) && !slices.ContainsFunc(inside, func(l sockets.Listener) bool { return l.Inode == inode }) {
			g.detach(inode)
		}
	}
	for _, l := range inside {
		if !slices.Contains(g.array, l.Inode) && !l.Connected {
			g.array = append(g.array, l.Inode)
		}
	}
}
