// Package plan prepares standbys of Node programs.
//
// # How a standby waits
//
// HOTSWAP_HOLD in a standby's environment names a folder. js/standby/hold.cjs holds the process that would run the
// program's main module. When Node has loaded all that its command line requires, Node reads Module.runMain, where an
// accessor gets control. A CommonJS program waits in that accessor, so that it later runs with its usual stack. A
// program that Node runs through the loader of ES modules waits in a function in the place of runMain, which can
// import. Both read from a pipe, so no timer and no signal handler runs meanwhile.
//
// Node does not always read runMain (--test, -e, --experimental-default-type=module). So every process notes whether
// Node did; without that note there is no standby. A standby is given up if its Node has another version or other
// options, or runs anything unexpected: that process waits as soon as the adapter is loaded.
//
// # What does a standby load?
//
// First the modules of --import, then the packages' files in their order, required or imported as before. Never code of
// the project: any file below no node_modules, and so packages of a workspace. A package that would run such code ends
// the standby (on Node 20 and older not if an ES module import()s the package by a path).
//
// A rehearsal (handoff/runtime/standby) shows which packages may be loaded. js/standby/observer.cjs notices a package
// that prints, opens a descriptor, starts a program, leaves a timer, listens to process, writes a file, ends the
// process, looks at who requires it, or changes a global, a prototype or a module of Node. It also notices who reads
// what was changed, which variables and files a package reads, and which packages the package needs. A standby has only
// js/standby/guard.cjs, which ends the process before code of the project runs. Packages of a CommonJS program are
// loaded with the variables that the program sets later (js/standby/assume.cjs).
//
// # What about instrumentation?
//
// A standby runs the instrumentation that Node's options load; its file may be code of the project if --standby-run
// names it. The standby then loads packages by name and through the patched require, because instrumentation ignores
// what is loaded by a path.
//
// Instrumentation that the program itself starts would come too late for the packages of a standby. In the serving
// generation js/modules/hooks.cjs notes who replaces Module._load or require, and who calls module.register or
// registerHooks. Module.prototype._compile has no accessor, because Datadog's tracer wraps an accessor wrongly: a
// replacement counts as a hook of the file that loads the next module, or, if it is a library's and nothing was loaded
// since another hook, of that hook's file. js/modules/names.cjs reads the names of the modules that a hook wraps from
// the hook's own variables. The standby leaves these to the program, with all that needs them, except what the hook's
// own file imported before. Any other hook may see all modules: then the standby loads none. A package whose code hooks
// while it is loaded is not even rehearsed, because that would start it.
//
// Instrumentation also replaces functions that all code shares (http.request, fetch), some of which a package reads
// while it is loaded. The serving generation sends a mark of each function's text (js/standby/shared.cjs), and the
// rehearsal, whose process is new, notices each package that reads one which has another mark.
//
// The hook's file must not change, or it could wrap more. A CommonJS main module changes all the time, and any file may
// add to what a hook names: in a CommonJS generation that was a standby, before the program requires a package that was
// loaded ahead, hooks.cjs looks whether a hook names more than in the generation before. Then CommonJS packages that
// nobody has required yet are loaded anew, and so they are behind an unexpected hook. ES modules cannot be loaded anew:
// in their programs no file may change that names a package which wraps modules, and a main module with a hook prevents
// all loading.
//
// # When is a standby stale?
//
// When a file has changed that the standby has loaded, that decides what it would load, that a package has read, or
// that is named on the way to the program.
package plan
