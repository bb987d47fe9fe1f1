// Package held lets generations take turns at listening sockets that hotswap opens and keeps. It needs nothing of the
// operating system but unix sockets that pass descriptors (SCM_RIGHTS).
//
// # How does a program get a socket?
//
// An adapter in the program's runtime (handoff/runtime/js/held, handoff/runtime/python/site/held.py,
// handoff/runtime/golang/_net) asks when the program binds a fixed port of TCP. hotswap binds that address once, and
// passes a copy of the one socket to each generation. So clients wait in one queue. Port 0, paths, UDP and what is
// already bound pass by.
//
// # Who accepts?
//
// Only processes that were told to. Each generation listens at once, and accepts from "go" on. At a cutover the
// processes of the old generation stop, and say so; then those of the new one get "go". After a rollback it is the
// other way round. A process that does not answer in time may accept a client more, which it serves: nothing is lost.
//
// # What the adapters say
//
// The family sockets of the wire (handoff/runtime/wire), which HOTSWAP_HELD=1 tells adapters to use. The adapter
// writes:
//
//	bind     {"id":1,"host":"127.0.0.1","port":4000}                  host "": the wildcard of both families, or else of IPv4;
//	                                                                  "v6only", "shared" (SO_REUSEPORT)
//	ready    {"at":"tcp4 127.0.0.1:4000"}                             the program listens, and its loop runs
//	accepts  {"at":…}                                                 this process accepts there, or is about to; again: the socket of go was lost
//	stopped  {"at":…,"turn":3}                                        it does not any more
//	unbound  {"at":…}                                                 the program has closed the socket; {"id":1}: of that bind;
//	                                                                  "tried": nobody has listened, or has a copy
//
// hotswap writes:
//
//	socket   {"id":1,"at":…,"host":"::","port":4000}                  + socket
//	refused  {"id":1,"code":"EADDRINUSE"}                             as the kernel would, or code "": bind it yourself
//	go       {"at":…}                                                 + socket: accept from now on
//	stop     {"at":…,"turn":3}                                        answer stopped
package held
