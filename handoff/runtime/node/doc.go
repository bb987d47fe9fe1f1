// Package node has the adapter that Node processes of a program load, and speaks
// with it: it ends connections exactly where handoff/drain, from outside, has to
// guess, and tells WebSockets why they end.
//
// # How does the adapter get into the program?
//
// By NODE_OPTIONS, which every Node process inherits, through npm, pnpm, yarn,
// tsx and cluster: '--require PATH' behind what the user has there. Until a
// process accepts a TCP connection the adapter is one subscription to Node's
// diagnostics channel net.server.socket (0.2 ms at the start); then it loads its
// other files, subscribes to http.server.request.start, wraps the emit of the
// servers, and connects to hotswap. It keeps
// no process alive, prints nothing, and sets no global. If anything of it fails,
// the program runs as without, and its connections are watched from outside. Bun
// and Deno ignore NODE_OPTIONS; what native code serves (uWebSockets.js) does not
// pass through net, and is out of reach.
//
// The files are in the user's cache, in a folder named for their content. Root's
// are where every user can read them, for a program of root may become somebody
// else before it starts Node, and Node does not start without a file that it was
// told to require.
//
// # What does it do when a generation drains?
//
//   - HTTP/1: an answer whose head is not written yet says 'Connection: close', so
//     that the client asks elsewhere, and no request is ever sent into the end of a
//     connection. Of pipelined requests the last
//     answer says so. Node is stats from closing before the rest of a request's body
//     has come, for that would be a reset. A connection on which nothing was asked
//     for a while (idleMs) is ended, right after the event loop has read what there
//     was to read. While a generation is held that is left out: it is all but never
//     urgent, and the moments after a cutover are those in which a pool may reach for
//     a connection that it has not used for long.
//   - HTTP/2: GOAWAY; the streams that it names go on to their end.
//   - A WebSocket gets a close frame (1012, 'service restart') between two frames
//     of the program, whichever library writes them; nothing that the program
//     writes follows it. The program's library sees the client's answer and ends
//     the connection; if there is no answer in 2 s the adapter does.
//   - Streams and server-sent events go on to their end. They, and a request that
//     is being answered, are what a drain waits for.
//   - Other protocols are left to the program; only unsent bytes are waited for.
//
// Servers go on accepting: nobody is steered to them, and who is still in their
// queue must be answered.
//
// # Which files has the program loaded?
//
// A thread tells when it is asked, and notes nothing before. CommonJS has its
// cache; of ES modules V8 tells a debugger, which the adapter is for a moment
// (inspector.Session, Debugger.enable): no port, nothing printed, nothing that
// another debugger notices. The files come in the order in which they were
// compiled, packages and what loaders brought included. With 1,000 modules it
// takes 30 to 100 ms, asked again 15 to 25 (Node 18 to 26), most of it V8's; so it
// is done when no request waits for its answer, and no WebSocket is on its way. Not
// exact is the answer of a program with WebAssembly of more than some MiB: a debugger
// makes V8 throw away what it has compiled, so it is asked for the scripts that it has
// run (Profiler.getBestEffortCoverage). And that of one whose heap is large, through
// all of which V8 would go: only CommonJS's cache is read. Hooks would see all
// for less, but run in every import, and Node has synchronous ones since 22.15 only.
//
// A thread that accepts no connection connects too when it is a second old, unless
// what it runs is below node_modules or .yarn: worker threads, consumers of a queue,
// the primary of a cluster.
//
// # Standbys
//
// In the program of a standby HOTSWAP_HOLD names a folder, and hold.cjs holds the
// process that would run the program's main module; see handoff/runtime/standby.
//
// # The protocol
//
// Each thread of the program that has accepted a connection, or is a second old,
// has one to a unix stream socket, whose path is in HOTSWAP_NODE. Both sides write lines of JSON,
// each an object with a type; unknown types and fields are ignored. The adapter
// speaks first:
//
//	{"type":"hello","version":1,"pid":71,"thread":0,"node":"20.20.2","began":1763648000123}
//	{"type":"listening","port":4000}
//	{"type":"state","seq":3,"connections":9,"busy":2,"websockets":1,"finished":4,"closed":6}
//	{"type":"files","seq":4,"files":[{"path":"/home/me/app/index.mjs","kind":"esm"}]}
//	{"type":"files","seq":4,"files":[],"done":true,"exact":true,"main":"/home/me/app/index.mjs","execArgv":[],"holdable":true,"env":["MODE"]}
//
// hello is the first line, once. The kernel says who is connected
// (SO_PEERCRED), which counts; pid is for people; began is when the process did, in ms
// since 1970. listening names a local port
// from whose connections on the adapter tells of all, before the first byte of
// one is read. state is sent when it has changed while draining, and
// as the answer to look, with its seq: then after the event loop has read what
// there was to read. busy are connections that a drain waits for, finished and
// closed count since the thread first drained. files answers the order of that
// name, in parts, with what was not told before: absolute paths without symbolic
// links and query; kinds are cjs, esm, json and addon. Only the last part has done;
// exact is false when there may be more; main is what Node was told to run, empty
// for none; execArgv are Node's options before it; held tells that Node has read
// Module.runMain before it ran main, so that a standby could be held there; env names the variables that the
// program has changed. A CommonJS file that no other one required is imported.
//
// hotswap writes:
//
//	{"type":"drain","idleMs":1000,"websocket":{"code":1012,"reason":"service restart","spreadMs":0}}
//	{"type":"look","seq":3}
//	{"type":"resume"}
//	{"type":"files","seq":4,"patienceMs":5000}
//
// drain begins a drain; without idleMs idle connections are left alone, without
// websocket these. A later one replaces it. The adapter tells its n WebSockets evenly over spreadMs. resume
// takes it back: the generation serves again. The end of the connection means the
// same. Drains and looks mean nothing to a thread that has not said listening; if it
// does later, the drain that is on begins then. files asks for what the thread has
// loaded; it is answered when no request waits for its answer, at the latest after
// patienceMs, and a newer one replaces it.
//
// # How does a WebSocket move?
//
// With --websocket keep (HOTSWAP_NODE_WEBSOCKET has the rules, a list of
// {"path":"^/feed$","keep":true,"replay":1}, of which the first counts whose regular
// expression matches the path of the URL) and a drain order with keep, an
// adapter brings each such WebSocket to rest and hands it over; hotswap passes it to a
// thread of the generation that serves:
//
//	drain  {…,"websocket":{…,"keep":{"withinMs":5000}}}       hotswap to the old process
//	give   {"port":4000,"load":{…}}                  + socket the old process to hotswap
//	take   {"id":7,"port":4000,"untilMs":…,"load":{…}} + socket  hotswap to the new one
//	taken  {"id":7} or {"id":7,"error":"…"}                   the new process to hotswap
//	moved  {}                                                 hotswap to the old process
//	told   {"reason":"…"}                                     the old process to hotswap
//
// The socket comes as SCM_RIGHTS with the first bytes of its line. The load is the
// adapters' affair: the request for the upgrade with what is to be read behind it
// (base64), how many messages of that are repeated, the subprotocol that was agreed
// upon, and the program's state.
//
// A thread brings only some WebSockets to rest at once (slots.cjs), for their clients
// are silent meanwhile, and the next when hotswap has said moved: one of those given is
// in the new process, or was told.
//
//  1. The old process stops reading where a message of the client ends; if one is
//     under way, when it has come. What was read behind it is passed on.
//  2. The program gets its time: until all has been delivered to it and, if its
//     answers cannot be counted, 100 ms after the last message; until what it has
//     written has left, and is no half message.
//  3. The program's onHandoff is asked for a state. From its return on nothing that
//     the program writes is sent.
//  4. give. Of the old process's library the client takes leave: it reads a close frame, and what it
//     answers is thrown away. The descriptor is closed without a shutdown.
//  5. The new process's server accepts the connection as libuv would have it
//     accept one from the network, and reads the request. The head of its answer is not sent, and
//     compared: another status, subprotocol or any extension is a refusal. Until then
//     nothing is read from the wire, so that another thread may still be asked. What the program
//     writes behind the head goes to the client. Then it reads what nobody has seen,
//     before that the messages that are repeated,
//     one after the other, each when the program has answered the one before, or
//     100 ms after it. All of that comes after the answer, as it does from a network:
//     some servers throw away what is there before.
//
// Nothing is written to the client between 3 and 5, so whoever has the socket may
// still say reason to the client: hotswap does (1012) when nobody takes it. untilMs
// is the wall clock's: a process that was held up must not take what was told.
//
// Told as ever are WebSockets with an extension (its state is in the process; what is
// being compressed cannot be seen), those below TLS, those of
// engine.io (EIO= in the URL: it looks for its session), those that are about to
// end, those whose peer takes too long (withinMs), and all when nobody serves. The
// adapter says why.
//
// A version that a side does not know ends the connection.
package node
