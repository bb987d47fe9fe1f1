// Package events keeps the newest of hotswap's own lines, as --log json writes them, for readers that come and go:
// a file, a descriptor, clients of the control socket. A reader costs no memory of its own, and delays nobody.
package events
