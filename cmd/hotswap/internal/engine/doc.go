// Package engine chooses how sockets are handed over on this machine, and assembles what runs a
// command: the registry of gates, the transports, the drainer, the runtimes that prepare
// standbys, and the supervisor.
package engine
