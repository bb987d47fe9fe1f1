package reuseport

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Kernel is what the [Registry] asks of the operating system. package sockets has the one for Linux; tests
// have a model of it. Descriptors are the registry's own duplicates: nobody else closes them.
type Kernel interface {
	Paths
	sockets.Tables
	// Open returns a stream socket bound to e with SO_REUSEADDR and SO_REUSEPORT, or beside a path, or a socket
	// of UDP that is not bound. It is the user's, as far as hotswap may give it away; -1: hotswap's. It does not
	// listen yet, so it is in no group.
	Open(e handoff.Endpoint, user int) (fd int, err error)
	// Inode returns the number by which /proc/PID/fd names the socket, and whose socket it is.
	Inode(fd int) (inode uint64, user uint32, err error)
	// SetReusePort sets SO_REUSEPORT on a listening socket, so that sockets of the same user can join. The
	// socket is in no group before one has joined.
	SetReusePort(fd int) error
	// Listen is listen(2). The first call puts the socket at the end of its reuseport group, later calls only
	// change the backlog.
	Listen(fd, backlog int) error
	// Bind binds a socket of UDP, which puts the socket at the end of its reuseport group.
	Bind(fd int, e handoff.Endpoint) error
	// Steer applies the route to the group of fd by one system call. It fails if fd is in no group.
	Steer(fd int, to sockets.Route) error
	// Queue returns how many connections wait to be accepted, and whether the socket still listens (its
	// program may have shut it down). A socket of UDP listens until its program connects it, and 1 waits if a datagram
	// does. Where the kernel does not tell, -1 wait at a socket that listens.
	Queue(fd int) (waiting int, listening bool)
	// Accept takes a client out of the queue without blocking; -1: there is none. The connection is non-blocking and
	// the caller's to close.
	Accept(fd int) (conn int)
	// Handshakes returns the connections of TCP to the endpoint's port whose handshake is under way, as far as known.
	Handshakes(e handoff.Endpoint) []sockdiag.Name
	// Listeners returns the sockets that listen on a TCP port of the network namespace, or those of UDP, on any port if
	// port is 0: those of one endpoint in the order in which they began.
	Listeners(udp bool, port uint16) []sockets.Listener
	// Shutdown takes a listening socket out of its group at once, even if other processes have it. The
	// clients in its queue are reset.
	Shutdown(fd int) error
	// Lookup finds the server's side of a connection; the zero value: there is none.
	Lookup(c sockdiag.Name) (sockdiag.Socket, error)
	// Close closes the descriptor.
	Close(fd int)
}
