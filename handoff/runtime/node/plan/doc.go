// Package plan prepares standbys of Node programs.
//
// # How a standby waits
//
// In a standby's environment HOTSWAP_HOLD names a folder, and js/standby/hold.cjs holds the
// process that would run the program's main module. Node reads Module.runMain when all that
// its command line requires is loaded; an accessor there gets control. A CommonJS program
// waits in the accessor, so that it runs with its usual stack; a program that Node runs
// through the loader of ES modules waits in a function in place of runMain, which can
// import. Both read from a pipe: no timer and no signal handler runs meanwhile.
//
// Node does not always read runMain (--test, -e, --experimental-default-type=module). So
// every process notes whether it did, and without that note there is no standby. In a
// standby, a Node of another version or with other options, and one that runs anything
// unexpected, waits as soon as the adapter is loaded, and the standby is given up.
//
// Code of the project never runs early. That is every file below no node_modules, and so
// packages of a workspace. A package that would run such code ends the standby (on Node 20
// and older not if an ES module import()s it by a path). What may be loaded: the modules of
// --import, then the packages' files in their order, required or imported as before.
//
// Instrumentation that Node's options load runs in the standby, too; its file may be code of the project
// if --standby-run names it. Packages are then loaded by their names and through the patched require,
// because instrumentation leaves alone what is loaded by a path.
//
// Instrumentation that the program itself starts would come too late for what a standby has loaded.
// js/modules/hooks.cjs notes in the serving generation who replaces Module._load, require or _compile,
// and who calls module.register or registerHooks. A hook of OpenTelemetry's knows the names of the
// modules that it wraps: these are left to the program, and so is what needs them, except what the hook's
// own file has imported before. Any other hook may see all modules, and then the standby loads none.
// The hook's file must not change, or it could wrap more; the main module changes all the time, so a hook
// there prevents all loading. If an unexpected hook comes in a generation that was a standby, CommonJS
// packages that nobody has required yet are loaded anew. ES modules cannot be, so in their programs no
// file must change that names a package which wraps modules.
//
// A rehearsal (handoff/runtime/standby) shows which packages may be loaded. In it js/standby/observer.cjs
// notices a package that prints, opens a descriptor, starts a program, leaves a timer, listens to
// process, writes a file, ends the process, looks at who requires it, or changes a global, a
// prototype or a module of Node; who reads what was changed; which variables and files a package
// reads; and which package needs which. A standby has js/standby/guard.cjs only, which ends the
// process before code of the project runs. Packages of a CommonJS program are loaded with the
// variables that the program sets later (js/standby/assume.cjs).
//
// A standby is stale when a file has changed that it has loaded, or that says what it would
// load, or that a package has read, or that is named on the way to the program.
package plan
