// Package commands turns what people ask of a running hotswap into commands for the
// supervisor: signals, keys, and requests at the control socket. It forwards the other
// signals, and typed text, to the program.
package commands
