// Package readiness learns whether a generation can serve. The program says so ([Notify]), or hotswap asks it
// ([HTTP]). Each way is a transport that passes no sockets.
//
// # How does hotswap ask the new generation and not the old one?
//
// Both listen on the same address. A question goes to a gate of the new generation by a connection that is steered
// there (handoff/reuseport). Without gates there is no second generation, and a plain connection is enough.
//
// Certificates are not verified: the question is whether the program answers, and it never leaves the
// machine. Redirects are not followed.
//
// # How does a program say that it is ready?
//
// By READY=1 to the socket that NOTIFY_SOCKET names (sd_notify(3)). Each generation has a socket of its own,
// so a message needs no name, and whoever knows the socket is of the generation. The socket has a path,
// because many scripts do not understand abstract names and another network namespace cannot reach them. The
// directory is closed to other users, except where hotswap is root: a program that drops its privileges must
// still reach the socket. Then the path is a secret.
//
// READY=1 and WATCHDOG= are understood. BARRIER=1 is answered by closing its descriptor after all
// earlier messages were reported. The descriptors of FDSTORE=1 are closed.
package readiness
