// Package handoff holds the words that every room of hotswap shares about
// listening sockets, and the one object that owns them.
//
// # What is an endpoint, what is a gate?
//
// An [Endpoint] is an address that the program serves, keyed by network and
// address as asked for. A [Gate] is one listening socket of an endpoint. Each
// generation has its own gates; hotswap keeps a duplicate of each, so that a
// gate outlives the process that opened it and the clients waiting in its
// queue are never reset.
//
// # Who decides where new connections go?
//
// The gates of one endpoint form a SO_REUSEPORT group in the kernel. The
// [Registry] knows the group in the kernel's own order and asks its [Kernel]
// to steer new connections to the gates of one generation.
package handoff
