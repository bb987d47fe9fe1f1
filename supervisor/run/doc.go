// Package run starts programs, each below a keeper of its own: a generation, a standby, a rehearsal, a
// step of a build, a program beside the generations, a command about an event. A [Runner] starts them all,
// and passes signals such as that of Ctrl-Z on to all.
// A [Program] is a process with its standard streams and the sessions of its transports; a [Command] is
// a program that runs to its end. The supervisor decides when each starts and ends.
package run
