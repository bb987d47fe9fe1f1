// Package reuseport owns the listening sockets of all generations and decides which of them get new
// connections.
//
// # What is a gate?
//
// A [Gate] is one listening socket of an endpoint. Each generation has its own gates. The [Registry] keeps a
// duplicate of each, so a gate outlives the process that opened it and the clients in its queue are never
// reset.
//
// # How can one system call move all new connections?
//
// The gates of one endpoint form a SO_REUSEPORT group in the kernel. All members of a group share one classic
// BPF program (SO_ATTACH_REUSEPORT_CBPF, socket(7); no privilege needed). For each handshake the kernel runs
// the program and takes its result as an index into the group's array (net/core/sock_reuseport.c:
// reuseport_select_sock). A program of one instruction returns a constant: attaching another one is the
// cutover. The registry models the array in the kernel's own order.
//
// A longer program draws a random number, to spread connections over several gates, and makes an exception
// for the client port of a probe.
//
// # And at a unix socket's path?
//
// Each gate has a name of its own in the folder, and the path is a second hard link to one of them. A link that is
// renamed onto the path is the cutover: package unixpath. A [kind] says what differs between TCP, UDP and paths.
//
// # And of UDP?
//
// Sockets of UDP form groups as listeners do, which they join when they are bound and leave when they are closed. All
// datagrams from the cutover on go to the new gate.
//
// # What does a cutover not move?
//
// A connection belongs to the listening socket with which its handshake began. So an old gate stays open
// until its queue is empty.
package reuseport
