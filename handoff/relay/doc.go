// Package relay passes clients on that waited in the queue of a gate whose
// generation is gone, while another generation serves the address.
//
// # Why not let the kernel do it?
//
// A connection belongs to the listening socket that its handshake began with:
// no system call moves it to another queue. So somebody has to accept it, and
// for these few connections that is hotswap: it connects to the address that
// the client connected to, where the generation that serves accepts it, and
// copies both ways.
//
// # What is different for such a client?
//
// The program sees hotswap's address as the client's. And the connection ends
// with hotswap: when that stops, as soon as the program has ended; when it is
// renewed, with the elder.
package relay
