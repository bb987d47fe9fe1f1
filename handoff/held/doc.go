// Package held lets generations take turns at listening sockets that hotswap opens and keeps. It needs nothing of the
// operating system but unix sockets that pass descriptors (SCM_RIGHTS).
//
// # How does a program get a socket?
//
// An adapter in the program's runtime (handoff/runtime/js/held, handoff/runtime/python/site/held.py) asks when the program
// binds a fixed port of TCP. hotswap binds that address once, and passes a copy of the one socket to each generation. So
// the port never closes, and clients wait in one queue. Port 0, paths, UDP and what is already bound pass by.
//
// # Who accepts?
//
// Only processes that were told to. Each generation listens at once, and accepts from "go" on. At a cutover the processes
// of the old generation stop, and say so; then those of the new one get "go". After a rollback it is the other way round.
// A process that does not answer in time may accept a client more, which it serves: nothing is lost.
//
// # The protocol
//
// Each process, and in Node each thread, has one connection to the socket in HOTSWAP_HELD. Both sides write lines of JSON,
// each an object with a type. Unknown types and fields are ignored. The adapter writes:
//
//	hello    {"version":1,"pid":7}                                    first, once
//	bind     {"id":1,"host":"127.0.0.1","port":4000}                  host "": the wildcard of both families, or else of IPv4;
//	                                                                  "v6only", "shared" (SO_REUSEPORT)
//	ready    {"at":"tcp4 127.0.0.1:4000"}                             the program listens, and its loop runs
//	accepts  {"at":…}                                                 this process accepts there, or is about to; again: the socket of go was lost
//	stopped  {"at":…,"turn":3}                                        it does not any more
//	closed   {"at":…}                                                 the program has closed the socket; {"id":1}: of that bind;
//	                                                                  "tried": nobody has listened, or has a copy
//
// hotswap writes:
//
//	socket   {"id":1,"at":…,"host":"::","port":4000,"handle":true}    + socket
//	refused  {"id":1,"code":"EADDRINUSE"}                             as the kernel would, or code "": bind it yourself
//	go       {"at":…,"handle":true}                                   + socket: accept from now on
//	stop     {"at":…,"turn":3}                                        answer stopped
//	conn     {"at":…,"handle":true}                                   + a connection, to be accepted as if it had come
package held
