// Package warm makes standbys of Node programs: the same command, started ahead,
// whose Node process waits right before the program's own code, with its loader and
// the packages loaded that the generation before has loaded.
//
// # How is a program made to wait?
//
// By the adapter (hold.cjs in handoff/node), which is in every Node process. Node
// reads Module.runMain when everything that its command line requires is loaded;
// an accessor there gets control, in the process whose main module is that of the
// generation that serves. A CommonJS program waits inside of the accessor, so that
// it runs with the stack that it always has; one that Node runs through the loader
// of ES modules waits in a function in place of runMain, which can import. Both wait
// in a read of a pipe: nothing of the process runs meanwhile, no timer, no signal
// handler.
//
// # Does Node read it?
//
// Not always: with --experimental-default-type=module, --test, -e and others, and not
// in the same way in each version. So nobody relies on a list. In each process of a
// generation the same accessor notes whether Node has come by (runmain.cjs). Without
// that note there is no standby. A process of a standby that would run the main module
// has to be the same Node with the same options on its command line; if not, or if it
// would run something else, it waits as soon as the adapter is loaded, and the standby is given up. And hotswap
// uses a standby only once its main process has said that it is held.
//
// # What is never run early?
//
// Code of the project. A file below no node_modules is project code: so are packages
// of a workspace, whose real path is outside. The way to the program is looked at in
// the generation that serves (eligible): if a step of it is more than a step, as a
// shell that first removes a folder, there is no standby. Node processes that are
// not expected are held, too, and the standby is given up: also those that run a
// package which is not known only to start the program, for it may build it, or run
// it in its own process. A package that would run code of the project while it is
// loaded ends the standby before (but on Node 20 and older an ES module of a package
// that import()s such code by its path is not noticed). If anything fails in the program of a standby, it
// ends itself.
//
// # What is loaded?
//
// What --import names, as Node would; a file of the adapter's own, if the program's
// is one that a loader has to translate; and then the packages' files, in the order in
// which they were loaded, each required or imported as it was. Instrumentation that
// has to see modules being loaded keeps everything from it, and so does what
// replaces a global or a function of Node's. A package that prints, opens a
// descriptor, starts a program, leaves a timer, listens to process, writes a file,
// ends the process, looks at who requires it or reads a variable that the program sets before, is
// noticed: that standby is thrown away, and the next one does without the package
// and all that depend on it.
//
// Right before go, when a save is likely to be one but its quiet time is not over,
// the program's own ES modules are loaded and linked, and none is run (graph.cjs):
// that is what takes a loader most of the time that is left. If a file changes after
// that the standby is of no use.
//
// # When is it of no use?
//
// When a file has changed that it has loaded, or that says what it would load, or
// that a package has read while it was loaded, or that is named on the way to the
// program: shell scripts, files with variables, configurations.
//
// The protocol is that of handoff/warm, in the folder that HOTSWAP_HOLD names.
package warm
