// Package steer is the kernel's side of the gates on Linux: SO_REUSEPORT
// groups, the program that picks a member of one, and the queues.
//
// # How can one system call move all new connections?
//
// Every member of a reuseport group shares one classic BPF program
// (SO_ATTACH_REUSEPORT_CBPF, socket(7), no privilege needed). For each
// handshake the kernel runs it and takes its result as an index into the
// group's array (net/core/sock_reuseport.c: reuseport_select_sock). A program
// of one instruction returns a constant: attaching another one is the cutover.
//
// A program of a few instructions does more by the same call: it asks for a
// random number to spread over several gates or to give a generation on trial
// so many in a hundred, and excepts one client port for a probe.
//
// # What does it not move?
//
// A connection belongs to the listening socket that its handshake began with.
// So an old gate stays open until its queue is empty.
package steer
