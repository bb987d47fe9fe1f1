// Package terminal has the terminal that hotswap was started at: its modes, its keys, and
// the standard streams of the program.
//
// hotswap sets the terminal and reads its keys only while hotswap's process group is in the
// foreground. At all other times the terminal belongs to the shell, and touching it would
// stop hotswap (SIGTTIN, SIGTTOU).
package terminal
