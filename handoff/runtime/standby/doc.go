// Package standby has what the standbys of all language runtimes share. A standby is the
// same command, started ahead, whose main process waits right before the program's own
// code. The runtime decides how it waits, and what it loads before.
//
// # Whether there may be one
//
// The processes of the serving generation show it ([Rules.Eligible]): if one of them on the
// path to the program does more than lead there, as a shell that first removes a folder,
// there is no standby.
//
// # The protocol
//
// A variable names a folder with the plan (plan.json, or plan in the runtime's own format)
// and two pipes. Processes write lines of JSON to up: held (the main process is there),
// noticed, replaced, read (a file), missing (a module that does not exist), ready, ended,
// foreign. Each process that waits reads one byte from down. hotswap creates the file go
// before it writes the release bytes, so whoever reads a byte can trust the file.
//
// # The trial
//
// The first standby of a plan observes what the packages do while they are loaded, and says
// so. If it becomes ready the plan is proven, as long as the files on which that standby
// depended are unchanged. The folder of a standby whose plan is proven has a file proven:
// its processes load in the same way, and observe only what costs no time.
package standby
