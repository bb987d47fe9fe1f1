package reuseport

import (
	"net/netip"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Aim sends the connections that come from one client port to one member.
type Pin struct {
	Port  uint16
	Index int
}

// Route says who gets the new connections of a group. Members are named by
// their indexes in the kernel's order.
type Route struct {
	Indexes []int // they share new connections evenly,
	Trial   []int // but for so many in a hundred, which these share
	Percent int   // 1 to 99 where Trial is not empty
	Pin     *Pin  // an exception to it, unless nil
}

// Conn is a connection of hotswap's own to a gate, as the server's side has it.
type Conn struct{ Client, Server netip.AddrPort }

// Kernel is what the [Registry] asks of the operating system. [SystemKernel]
// has the one for Linux; tests have a model of it. Descriptors are the
// registry's own duplicates: nobody else closes them.
type Kernel interface {
	// Open makes a stream socket bound to e with SO_REUSEADDR and
	// SO_REUSEPORT. It does not listen yet, so it is in no group.
	Open(e handoff.Endpoint) (fd int, err error)
	// Inode is the number by which /proc/PID/fd names the socket.
	Inode(fd int) (uint64, error)
	// Share sets SO_REUSEPORT on a socket that listens without it: from now on
	// sockets of the same user can join it. It is in no group before one has.
	SetReusePort(fd int) error
	// Listen is listen(2). The first one puts the socket at the end of its
	// reuseport group, later ones only change the backlog.
	Listen(fd, backlog int) error
	// Steer makes the members of fd's group that the route names the only ones
	// to get new connections: one system call.
	Steer(fd int, to Route) error
	// Queue is the number of connections that wait to be accepted, and
	// whether the socket still listens (its program may have shut it down).
	Queue(fd int) (waiting int, listening bool, err error)
	// Accept takes a client out of the queue, if one waits; it does not block,
	// and neither does the connection, which is the caller's to close.
	Accept(fd int) (conn int, ok bool)
	// HalfOpen names the clients whose handshake with e is under way.
	HalfOpen(e handoff.Endpoint) (map[netip.AddrPort]struct{}, error)
	// Leave takes a listening socket out of its group at once, whoever else
	// holds it. Whatever waits in its queue is reset.
	Shutdown(fd int) error
	// Queued reports whether the server's side of a connection waits to be
	// accepted.
	Queued(c Conn) (bool, error)
	// Sockets are the inodes of all sockets that the processes have open; of lists
	// them. An error means that one of the processes cannot be looked into.
	Sockets(of func() ([]int, error)) (map[uint64]struct{}, error)
	// Descriptors is the number of descriptors that this process has open, and
	// its limit (RLIMIT_NOFILE).
	Descriptors() (open, limit int, err error)
	// Close closes the descriptor.
	Close(fd int) error
}
