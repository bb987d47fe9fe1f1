// Package python prepares standbys of Python programs: the same command, started ahead,
// whose Python process waits right before the program's own code, with the packages
// imported that the generation before has imported.
//
// # How a standby waits
//
// PYTHONPATH begins with a folder that has a module sitecustomize. Python imports it when
// everything is ready but the program: sys.argv is there, runpy has not begun, and sys.path
// has no folder of the project yet. sitecustomize restores the environment and sys.path,
// waits, and imports the sitecustomize that it hides. Children of the program see nothing
// of it. With -E, -I or -S, and before Python 3.8, there is no standby.
//
// # Which modules are loaded
//
// The first process appends what is in sys.modules to a file when it makes or binds a
// socket, from an audit hook (PEP 578). Nothing in Python shows the hook. It costs a look
// into a dict for each audit event: copy.deepcopy, which raises very many, takes 1.5 to 1.8
// times as long (Python 3.11). A recording finder would not, but a standby has to observe
// packages by such a hook, and a hook cannot be removed. Each fact is reported once, so the
// file does not grow for life (report.py has the limits). A program that adds an audit hook
// itself would see the report, so it has no standby.
//
// # What a standby loads
//
// Never code of the project, which is all that is neither in the standard library nor below
// site-packages or dist-packages: its folders are not in sys.path meanwhile. The modules of
// the standard library and of packages are imported in the order of the generation before,
// each only if it is the same file. None is, where the program or a package patches others
// (gevent, OpenTelemetry, debuggers), imports in its own way (finders in sys.meta_path),
// changes the working directory, or sets up logging in a way that disables loggers. A
// package that prints or warns, opens a descriptor, starts a thread or program, writes a
// file, changes what all code shares (state.py), looks at __main__ or for installed packages,
// needs a module of the project, or reads a variable that the program sets, is noticed, and
// so is what needs it: that standby is thrown away, and the next does without. If the plan is
// proven only the audit hook notices. It tells which files are read, too: a package may read
// one that was not there in the trial. An error of hotswap's scripts ends the process before the
// program has begun.
//
// # When a standby is stale
//
// When a file has changed that it has loaded, or a folder of packages, or a file that says
// which packages there are; or when a folder of the project has a new module that Python
// would find instead of a loaded one, or of one that was looked for in vain.
package python
