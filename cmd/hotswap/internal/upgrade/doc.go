// Package upgrade lets hotswap replace itself on SIGUSR2 without closing a port.
//
// The running hotswap, the parent, starts its own executable again by tableflip. The child
// inherits every gate, starts a generation of its own and cuts over to it; then the parent
// drains its generation and exits. If the child fails, the parent goes on. A process may be
// both: a child until its parent has ended, and a parent when it gets SIGUSR2.
//
// # What does a child get?
//
// What each [Part] of hotswap leaves, by its name; this package knows only the list. Tableflip passes a socket, in
// which the descriptors and, as JSON, the rest wait. They are no files of tableflip's, because tableflip keeps a
// duplicate of each file for as long as it lives: a socket of UDP would never leave the kernel's group. Over the socket
// the child says which process it is and, if it gives up, why. It reports by tableflip that it serves.
package upgrade
