// Package upgrade lets hotswap replace itself on SIGUSR2 without closing a port.
//
// The running hotswap, the parent, starts its own executable again by tableflip. The child
// inherits every gate, starts a generation of its own and cuts over to it; then the parent
// drains its generation and exits. If the child fails, the parent goes on. A process may be
// both: a child until its parent has ended, and a parent when it gets SIGUSR2.
package upgrade
