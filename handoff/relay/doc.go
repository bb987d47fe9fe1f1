// Package relay copies between a generation and clients that cannot reach it by themselves.
//
// A connection belongs to the listening socket with which its handshake began: no system call moves it to
// another queue. So for clients that waited in the queue of a gate whose generation is gone, hotswap accepts the
// client, connects to the address that the client connected to, where the serving generation accepts, and copies
// both ways ([Relay.Pass]).
//
// The program sees hotswap's address as the client's, and the connection ends with hotswap.
package relay
