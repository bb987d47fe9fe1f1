// Package peer finds out which processes of this machine are at the other end of a connection, and whether they can
// speak for anybody but themselves.
//
// sock_diag(7) names the client's socket, and one pass over /proc/PID/fd the processes that have it. Such a client is
// harmless if each of these processes can be inspected, lives in hotswap's namespaces, serves nobody and talks to no
// other machine; and the same is true of the processes above it in its session. The walk ends with the session,
// because terminals, sshd, editors and service managers start what they start in sessions of their own.
//
// A process that another user or the kernel hides, and that is in another session than the processes that were found,
// is taken not to have the socket.
package peer
