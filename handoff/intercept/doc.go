// Package intercept learns of, and takes part in, every bind(2) and listen(2)
// of a program that knows nothing of hotswap.
//
// # How does it hear of them?
//
// A seccomp filter ([Filter]) sends the two calls to a listener descriptor and
// allows all else. It is installed before the program is executed and is
// inherited by every descendant, so wrappers do not matter. The calling thread
// sleeps in the kernel until the session answers (seccomp_unotify(2)).
//
// # What does it do with a bind?
//
// Share: it duplicates the program's socket (pidfd_getfd(2)), sets
// SO_REUSEPORT on it and lets the call go on; so the socket keeps whatever
// else the program set on it. Inject: it puts a socket of ours at the
// program's descriptor number (SECCOMP_IOCTL_NOTIF_ADDFD) and answers 0; for
// gates in whose queue clients of a dead generation wait, and where
// duplicating is forbidden. Which of the two is the registry's decision. A low
// port that the caller may not bind (CAP_NET_BIND_SERVICE) is left to the kernel,
// which refuses it, unless the user declared it.
//
// # What does it do with a listen?
//
// It listens on its duplicate, which is the same socket, and answers 0. That
// moment is also the sign that the program is ready.
//
// # Who writes files?
//
// Of generations and builds under suspicion ([Writes]) the kernel also notifies hotswap
// of the calls by which a file is opened for writing, is removed, or is replaced by
// another. The calls are noted and go on. io_uring and 32-bit programs go unseen.
//
// # What does it do with a unix socket?
//
// It takes note of who listens where. A generation that binds the address of an older
// one waits in its bind until that one does not listen any more, and the supervisor
// sees to that ([handoff.Blocked]). A file that the older one has left there is
// removed: only the very file that it made, and only if connect(2) is refused.
//
// # What does it not touch?
//
// Port 0, UDP, sockets bound to a device or a scope, sockets
// of another network namespace than hotswap's, and anything bound before: the
// kernel carries those calls out as if we were not
// there. io_uring's own bind and listen (Linux 6.11) do not pass a filter and
// go unseen.
package intercept
