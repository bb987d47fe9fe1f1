// Package python prepares standbys of Python programs: the same command, started ahead,
// whose Python process waits right before the program's own code with packages imported.
//
// # How a standby waits
//
// PYTHONPATH begins with a folder that has a module sitecustomize. Python imports it when
// everything is ready but the program: sys.argv is there, runpy has not begun, and sys.path
// has no folder of the project yet. sitecustomize restores the environment and sys.path,
// waits, and imports the sitecustomize that it hides. Children of the program see nothing
// of it. With -E, -I or -S, and before Python 3.8, there is no standby.
//
// Whether there are standbys or not, sitecustomize also changes which files of the project Python
// takes from its cache of compiled modules (bytecode.py).
//
// # Which modules are loaded
//
// The first process appends what is in sys.modules to a file when it makes or binds a
// socket, from an audit hook (PEP 578). Nothing in Python shows the hook. It costs a look
// into a dict for each audit event. Each fact is reported once, so the file does not grow for
// life (report.py has the limits). A program with an audit hook of its own has no standby.
//
// Each source of the project is reported before it is read, or its compiled form, also by processes
// that were forked, each of which has a file of its own: a change of other code does not concern
// the program (package changes/loaded). A process without such a file may have read anything.
//
// Modules in the standard library, or below site-packages or dist-packages. All else is the
// project's. What package standby calls a package is one module here, because a framework has
// hundreds of which few do something: Django wraps the streams in one. A standby imports the
// modules that rehearsals have shown to do nothing (preload.py), in the generation's order.
// Meanwhile the project's folders are not in sys.path. None is imported where the program or a package patches
// others (gevent, OpenTelemetry, debuggers), imports in its own way (finders in sys.meta_path),
// changes the working directory, or disables loggers that exist.
//
// # What a rehearsal does
//
// It wraps the loaders, so that it knows which module runs. What happens then belongs to that
// module: events of the audit hook, changes of what all code shares (state.py), variables and
// files that are read or looked for, warnings and output (rehearse.py). It also reports each
// import of one module by another. What it looks for depends on the program, too: program.Key has
// that.
//
// # How ASGI connections end
//
// When a module of uvicorn, hypercorn or daphne has been imported, asgi.py changes it, so that the
// server gets the application with a wrapper around it. All other requests than those of event streams
// and WebSockets pass by for about a microsecond. At the first scope of an event loop the wrapper
// connects to the socket of Node's adapter (handoff/runtime/node), as a follower: it hears of drains and
// reports nothing, and handoff/drain goes on observing its connections from outside. No thread is
// needed. On the order to drain it sends the last message of each connection, and drops what the
// application sends later. A task of the application that waits in receive is woken by a cancellation
// that receive catches, so that a message costs nothing before. Workers that multiprocessing spawns
// have no sitecustomize of hotswap's: the server's configuration, which is pickled for them, brings
// the adapter along.
package python
