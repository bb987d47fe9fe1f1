// Package launchers knows the programs that only lead to another program, such as npm, sh, cross-env and timeout, and
// reads the text of shells.
//
// The table says of each launcher whether a standby may start it a second time, and whether the next generation may
// leave it out. Of a program that is not in the table, and of a text that is more than what [Read] returns, nothing is
// known: callers start no such command twice, and leave nothing of it out.
package launchers
