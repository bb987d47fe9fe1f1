// Package peercred tells which process has connected to a unix socket, and whether it is of a process tree.
package peercred
