// Package listenfds passes listening sockets to a program by descriptor number and environment.
//
// # Which conventions does it speak?
//
// LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)) with the sockets at 3 and up.
//
// # Which socket does a generation get?
//
// A gate of its own on each declared endpoint, steered like any other. If the program binds the address
// itself, interception gives it the same gate.
//
// Listeners of TCP and of streams at a path that a socket activator passed to hotswap are declared endpoints
// ([reuseport.Registry.Adopt]). Other activated sockets (UDP, packets) are passed on unchanged, so all generations
// share one queue.
package listenfds
