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
// the program (package changes). A process without such a file may have read anything.
//
// What Python itself compiles, without a loader of the program's own, can be compiled by another process of the same
// Python before the program is stopped (compile.py).
//
// Modules in the standard library, or below site-packages or dist-packages. All else is the
// project's. What package standby calls a package is one module here, because a framework has
// hundreds of which few do something: Django wraps the streams in one. A standby imports the
// modules that rehearsals have shown to do nothing (preload.py), in the generation's order.
// Meanwhile the project's folders are not in sys.path. There is no standby where the program or a package patches
// others (gevent, OpenTelemetry, debuggers), imports in its own way (finders in sys.meta_path),
// changes the working directory, or disables loggers that exist: a standby without packages is no quicker than a
// cold start.
//
// Code of the project runs in a standby only if --standby-run names its file (run.py). The report begins before,
// because that code may do all that a program does.
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
// server gets the application with a wrapper around it (asgi_app.py). All other requests than those of
// event streams and WebSockets pass by for about a microsecond. The adapter has one connection to the
// wire (handoff/runtime/connections) in each event loop of each process. No thread is needed.
// On the order to drain it sends the last message of each connection, and drops what the
// application sends later. A task of the application that waits in receive is woken by a cancellation
// that receive catches, so that a message costs nothing before. Workers that multiprocessing spawns
// have no sitecustomize of hotswap's: the server's configuration, which is pickled for them, brings
// the adapter along.
//
// Of hypercorn and daphne the adapter only obeys drains: it has a link from the first event stream or
// WebSocket, and handoff/drain observes their connections from outside.
//
// # How a connection moves
//
// uvicorn's configuration gets a subclass of its protocol class (asgi_uvicorn.py), which knows what has come of a
// request, and loop.create_server is wrapped, so that the adapter knows which listening socket a connection comes
// from and how the server makes its protocols (asgi_drain.py). The adapter connects when the server starts,
// names the listening sockets, and reports which connections are busy. Its hello says "files":false, because package
// node must not ask it what the process has loaded.
//
//   - A connection is between two requests when the newest answer is complete and nothing of it waits to be sent,
//     h11 is idle on both sides and holds no bytes, or httptools has begun no request and none is queued.
//   - Then its descriptor goes to hotswap, and the process closes its own without a shutdown. Both happen in one step
//     of the event loop, so nothing is read in between. While hotswap's socket has no room, the connection is served
//     here.
//   - A connection from another process becomes the server's own by loop.connect_accepted_socket, with the timer of a
//     kept connection. hotswap is told when a request comes, or the connection ends (owned).
//   - Connections over TLS, those on which httptools saw the wish for another protocol, and those of a subclass that
//     overrides how bytes come (a line of the PROXY protocol) never move. Their next answer says 'Connection: close',
//     by a header of the one answer, if its request has come whole: to close before would be a reset.
//   - An answer flows if a byte has left within 15 s. What it wrote is counted from the first look at it on; before,
//     it counts as if a byte had left just then.
//
// # How gunicorn's threads hand connections over
//
// gthread.py changes the worker that gunicorn has with --threads, of the versions 20.0 to 26.1. Each worker process
// makes its link when it begins to serve, so that --preload and several workers need nothing more. Link, drain and the
// rules for a connection are those of uvicorn (asgi_link.py, asgi_drain.py); gthread.py has the event loop that they
// ask.
//
//   - The worker's main thread selects; the link's socket is in that poller. The adapter acts right before each select,
//     in a drain each 20 ms. No other moment is safe: gunicorn ends by a KeyError where a connection leaves the poller
//     that has an event in the same round. Other threads wake the main thread by asking for the event that the link's
//     socket can be written.
//   - A connection is between two requests when it is in the poller, no byte is left that gunicorn has read behind the
//     request, and the request's body has been read to its end. In a drain the adapter reads what the program has not
//     read of a body, which must come within a second; gunicorn does so itself from version 24 on.
//   - In a drain the main thread finishes each answer, also up to version 23, where other threads do so: a client that
//     never pauses would send its next request before the adapter looks.
//   - gunicorn's own finish_request puts connections of other processes, and those that hotswap has not got, where it
//     keeps those that it has answered. What finish_request needs of an answer is a future that is done.
//   - A new connection waits for its first byte where it can be handed over: in the poller (up to version 24, where 20
//     and 24 have it in a thread, unless the byte is there when it is accepted), or in a thread that stops waiting
//     within 50 ms of a drain (from 25 on).
//   - should_close of each request says whether the answer ends the connection. It decides once, when the head is made.
//   - An event stream ends amid the program's loop: the adapter writes the last chunk and shuts the connection down,
//     and the program's next write raises BrokenPipeError, as if the client had gone. A lock keeps that apart from a
//     write.
//   - Connections over TLS, of the PROXY protocol and of uwsgi's never move: the next answer ends them. With HTTP/2
//     there is no adapter.
//   - A request that was sent before the answer of the one before gets its answer at once in a drain. Otherwise
//     gunicorn waits for another byte, because it does not look at what it has read already.
package python
