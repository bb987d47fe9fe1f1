// Package instance makes a running hotswap one that other processes find: by its record, its
// control socket, and the marker of its processes. It also ends the processes of hotswaps
// that were killed.
package instance
