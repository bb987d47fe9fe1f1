// Package engine chooses how sockets are handed over on this machine, and assembles what
// runs a command from that: the registry of gates, the transports, the drainers, the
// runtimes that prepare standbys, and the supervisor.
package engine
