// Package listenfds passes listening sockets to a program that asks for them
// in its environment.
//
// # Which conventions does it speak?
//
// LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)) with the
// sockets at 3 and up; a second copy of each at 200 and up, named by
// LISTEN_FDS_FIRST_FD as listenfd and watchexec read it, because a descriptor
// at 3 does not survive npm run, pnpm run or a Node child with inherited
// stdio; and SERVER_STARTER_PORT (Server::Starter), which points at the high
// copies.
//
// # Which socket does a generation get?
//
// One of its own on each declared endpoint, from the registry, so that the
// endpoint is steered like any other. If the program binds the address by
// itself instead, interception gives it the same socket.
//
// # What of sockets that were passed to hotswap itself?
//
// TCP listeners among them are declared endpoints ([reuseport.Registry.Adopt]). All
// others (unix-domain, UDP) are passed on as they are, and so are one queue for
// the old process and the new one.
package listenfds
