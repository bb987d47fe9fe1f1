// Package python makes standbys of Python programs: the same command, started ahead,
// whose Python process waits right before the program's own code, with the packages
// imported that the generation before has imported.
//
// # How is a program made to wait?
//
// PYTHONPATH begins with a folder of ours that has a module sitecustomize. Python
// imports it when all is ready but the program: sys.argv is there, what runs the
// script or module of -m is not, and sys.path has no folder of the project yet. It
// takes back what was changed in the environment and in sys.path, waits, and lets
// the sitecustomize that it hides have its turn. Children of the program know
// nothing of it. With -E, -I or -S, and in Python older than 3.8, there is no standby.
//
// # How does one know what is loaded?
//
// The first process appends what is in sys.modules to a file, when it makes or binds
// a socket, from an audit hook (PEP 578): nothing in Python shows it, and it costs a
// look into a dict for each audit event. A fact is told once, so the file does not grow with
// what the program does again and again (told.py has the bounds). A program that adds an audit hook itself
// would see that, and is told of for the last time.
//
// # What is never run early?
//
// Code of the project: all that is neither of the standard library nor below
// site-packages or dist-packages. Its folders are not in sys.path while modules are
// loaded. The way to the program is looked at as for other runtimes (handoff/runtime/standby).
//
// # What is loaded?
//
// The modules of the standard library and of packages that the main process of the
// generation before had, in its order, each only if it is the same file. Nothing is,
// where the program or a package patches others (gevent, OpenTelemetry, debuggers …),
// imports in its own way (finders in sys.meta_path), changes the working directory,
// or where a file of the project sets up logging in a way that disables loggers, or
// makes its own. A package that prints or warns, opens a descriptor, starts a thread
// or program, writes a file, changes something that is everybody's (state.py), looks
// at __main__ or for installed packages that the project may be one of, needs a module
// of the project, or reads a variable that the program sets, is noticed, as what needs
// it is: that standby is thrown away, and the next does without. An error of ours ends
// the process before the program has begun.
//
// # When is it of no use?
//
// When a file has changed that it has loaded, or a folder of packages, or a file
// that says which packages there are; when a folder of the project has a new module
// that would be found in place of one that is loaded, or of one that was looked for.
package python
