// Package intercept takes part in every bind(2) and listen(2) of a program that knows nothing of hotswap.
//
// # How does it learn of the calls?
//
// A seccomp filter ([Filter]) notifies a listener of these calls and allows all others. It is installed
// before the program is executed and every descendant inherits it, so wrappers do not matter. The calling
// thread sleeps in the kernel until the session answers (seccomp_unotify(2)).
//
// Where it cannot ask a socket for its options (pidfd_getfd(2) is forbidden), it is also notified of the two that
// decide who shares an address: IPV6_V6ONLY and SO_REUSEPORT. An ordinary machine does without, because each client of
// the JVM sets one.
//
// # What does it do with a bind?
//
// The registry decides. Share: the session duplicates the program's socket (pidfd_getfd(2)), sets
// SO_REUSEPORT on it and lets the call go on, so the socket keeps all its other options. Inject: the session
// puts a socket of hotswap at the program's descriptor number (SECCOMP_IOCTL_NOTIF_ADDFD) and answers 0. That
// is for gates in whose queue clients of a dead generation wait, and where duplicating is forbidden. A low
// port that the caller may not bind (CAP_NET_BIND_SERVICE) is left to the kernel, which refuses it, unless
// the user declared it.
//
// # What does it do with a listen?
//
// It listens on its duplicate, which is the same socket, and answers 0.
//
// # Who writes files?
//
// The filter also notifies of the calls that open a file for writing, remove or replace it. The session notes those of
// the program (package writes) and lets them go on, about 0.1 ms later. It notifies of what is opened to be read only
// if that is wanted. Writes by io_uring or by a 32-bit program are not seen.
//
// # What does it do with a unix socket?
//
// The first bind of a path goes on, and at listen the socket becomes a gate, unless only this generation can mean the
// path. The next generation's bind finds a gate there: the session binds the program's socket beside the path, through
// its duplicate and with the program's rights, and answers 0. Before that, connect(2) to the path is refused, and
// unlink(2) of it does nothing at any time. The kernel refuses a second abstract name, and a second socket of
// datagrams; the session tells why ([handoff.Unshared]).
//
// # What does it do with UDP?
//
// A socket of UDP joins its group at bind, so the session binds it through its duplicate, and answers 0.
//
// # What does it not touch?
//
// What a generation that is ready opens for a client: a socket in a process that has a client's connection or gets
// datagrams.
//
// Sockets bound to a device or a scope, or to port 0, those of UDP where SO_REUSEADDR is set,
// and at the address of a group or of broadcasts. If an older generation has such an address alone, the session tells
// ([handoff.Unshared]). Nor does it touch sockets of another network namespace than hotswap's, and
// sockets that were bound before. io_uring's bind and listen (Linux 6.11) do not pass a filter and are not
// seen.
package intercept
