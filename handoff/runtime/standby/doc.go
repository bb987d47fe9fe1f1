// Package standby has what the standbys of all language runtimes share. A standby is the same command, started early.
// Its main process waits right before the program's own code. Each runtime decides how that process waits, and what it
// loads.
//
// # When can there be a standby?
//
// When each process of the serving generation on the path to the program only leads there ([Rules.Eligible]). A shell
// that first removes a folder does more: a second start would do so, too.
//
// # What a standby loads
//
// A set of packages, in the order in which some generation has loaded them. A package is in the set if a rehearsal has
// shown that the program would notice nothing, and if nothing has changed since: the package's files, the files that it
// reads, and the variables that it reads ([Knowledge]). The program loads any other package itself, and each package
// that needs one of those ([Choice]). So a standby may load less than the program needs, or a little more. Generations
// adopt it all the same.
//
// # What is a rehearsal?
//
// A process like a standby, which loads the set and each package of which nothing is known. It says what each package
// does, and is thrown away. If a package did something, the next rehearsal leaves out that package and those that need
// it, because others may have relied on what it did. A standby does not wait for rehearsals: until then it loads the
// known packages. A file keeps the results for the next hotswap ([Remember]).
//
// # The protocol
//
// A variable names a folder with the plan (plan.json, or plan in the runtime's own format)
// and two pipes. Processes write lines of JSON to up:
//
//	{"type":"ready"}                                    the process has loaded everything, and waits
//	{"type":"ended"}                                    the process ends before it would run code of the project
//	{"type":"foreign","what":"nest"}                    a process would run code of the project
//	{"type":"fails","what":"a fails: SyntaxError"}      a file of --standby-run fails
//	{"type":"read","file":"/p/x.json"}                  such a file has loaded or read this one
//	{"type":"noticed","package":"a","by":"b","what":"prints"}  a did something, while b was loaded
//
// and in a rehearsal also:
//
//	{"type":"loading","package":"a"}                    a is loaded next
//	{"type":"read","package":"a","file":"/p/x.json"}    a read a file that belongs to no package
//	{"type":"lists","package":"a","file":"/p/x"}        a read the names in a folder, which must stay the same
//	{"type":"env","package":"a","name":"X"}             a read a variable
//	{"type":"sets","package":"a","name":"X","value":"1"} a set a variable
//	{"type":"needs","package":"a","name":"b"}           a loaded b
//
// Each process that waits reads one byte from down. hotswap creates the file go before it writes these bytes, so a
// process that has read a byte can trust the file.
package standby
