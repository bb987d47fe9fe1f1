// Package upgrade lets hotswap replace itself (SIGUSR2) without the port closing.
//
// The running hotswap, the parent, starts its own executable again by tableflip. The child
// inherits every gate, starts a generation of its own and cuts over to it; then the parent
// drains its generation and exits. If the child fails, the parent serves on.
package upgrade
