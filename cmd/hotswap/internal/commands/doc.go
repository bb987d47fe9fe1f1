// Package commands turns signals, keys and requests at the control socket into commands for
// the supervisor. It forwards SIGUSR1, and typed text, to the program.
package commands
