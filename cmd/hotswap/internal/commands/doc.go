// Package commands turns signals, keys and requests at the control socket into commands for
// the supervisor. It forwards the other signals, and typed text, to the program.
package commands
