// Package standby has what standbys of all runtimes have in common: a standby is the same
// command, started ahead, whose main process waits right before the program's own
// code. How it is made to wait, and what it loads before, is the runtime's to say.
//
// # May there be one?
//
// The way to the program is looked at in the generation that serves (Eligible): if a
// step of it is more than a step, as a shell that first removes a folder, there is
// no standby.
//
// # The protocol
//
// A variable names a folder with the plan (plan.json, or plan in the runtime's own
// format) and two pipes. To up each message is
// written as a line of JSON: held (the main process is there), at (a file is about
// to be loaded), noticed, replaced, read (a file), missed (a module that is not
// there), ready, ended, foreign, prepared. Whoever waits reads one byte from down. The file go
// is there when nobody waits any more, before the bytes are. A byte 1 before that is
// for the main process, once it has said ready and only if its runtime's Order says
// that it knows that: go is likely to come within milliseconds, and what can be done
// for it without running anything of the program's may be done; then it says prepared and waits again.
package standby
