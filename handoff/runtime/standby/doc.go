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
// # What a standby loads
//
// A set of packages, in the order in which a generation has loaded them; which generation that
// was does not matter. A package belongs to the set if a rehearsal has shown that loading it does
// nothing that the program would notice, and if the package's files, the files that it reads
// meanwhile and the variables that it reads are as they were then ([Knowledge]). A package that
// does more is loaded by the program itself, and so is every package that needs it. All others
// are loaded ahead ([Choice]). So a standby may load less than the program needs, or a little
// more, and is adopted all the same.
//
// # The rehearsal
//
// A rehearsal is a process like a standby, which loads the set and the packages of which nothing
// is known, says what each of them does, and is thrown away. If one of them did something, the
// next rehearsal goes without that package and those that need it, because others may have relied
// on what the package did. Only what a rehearsal has loaded without any such news is loaded by
// standbys. A standby does not wait for that: until then it loads what is known. What was learnt is kept in a file for the next hotswap ([Remember]).
//
// # The protocol
//
// A variable names a folder with the plan (plan.json, or plan in the runtime's own format)
// and two pipes. Processes write lines of JSON to up:
//
//	{"type":"ready"}                                    it has loaded everything, and waits
//	{"type":"ended"}                                    it ends, as it would run code of the project
//	{"type":"foreign","what":"nest"}                    a process would run code of the project
//	{"type":"noticed","package":"a","by":"b","what":"prints"}  a did something, while b was loaded
//
// and in a rehearsal also
//
//	{"type":"loading","package":"a"}                    a is loaded next
//	{"type":"read","package":"a","file":"/p/x.json"}    a read a file that belongs to no package
//	{"type":"lists","package":"a","file":"/p/x"}        a read the names in a folder, which must stay the same
//	{"type":"env","package":"a","name":"X"}             a read a variable
//	{"type":"sets","package":"a","name":"X","value":"1"} a set a variable
//	{"type":"needs","package":"a","name":"b"}           a loaded b
//	{"type":"missing","file":"x"}                       a module that was looked for in vain
//
// Each process that waits reads one byte from down. hotswap creates the file go before it writes
// the release bytes, so whoever reads a byte can trust the file.
package standby
