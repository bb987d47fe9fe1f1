// Package node has the adapter that Node processes of a program load. What the adapter and hotswap say to each other is
// in handoff/runtime/connections and handoff/runtime/files. The adapter hands connections over between two requests,
// tells which ones are busy, ends event streams, hands WebSockets over, reports which files are loaded, and holds
// standbys. Each thread of Node has a link.
//
// # How the adapter gets into the program
//
// NODE_OPTIONS, which every Node process inherits, through npm, tsx and cluster, gets
// '--require PATH' behind what the user has there. Until a process accepts a TCP
// connection the adapter is one subscription to the channel net.server.socket (0.2 ms at
// the start). Then it loads its other files, wraps the emit of the servers, and connects
// to hotswap. It keeps no process alive, prints nothing, and sets no global. If it fails,
// the program runs as without it, and hotswap guesses from outside what is busy. Bun
// and Deno ignore NODE_OPTIONS (Bun's adapter is in handoff/runtime/bun); what native code
// serves (uWebSockets.js) does not pass through net.
//
// js/internals.cjs has every use of something that Node does not document. It checks each
// shape; where one is missing, its group (modules or connections) is off, and hotswap says so once.
//
// The files are in the user's cache, in a folder named for their content. Root's are where
// every user can read them, because a program of root may become another user before it
// starts Node, and Node does not start without a file that it is told to require.
//
// # What the adapter does in a drain
//
//   - HTTP/1: a connection between two requests goes to the serving generation (see below), a busy one behind its
//     answer. Of the others the adapter tells which are busy: an answer is under way, half a request has arrived, or
//     the client knows that the connection ends.
//   - Where a connection cannot go (TLS, no generation with the adapter serves, something reads before Node's parser,
//     as that of a PROXY line), an answer whose head is not written yet says 'Connection: close', unless a part of its
//     request's body is yet to come: to close before that has arrived would be a reset. Of pipelined requests, the
//     first that is answered so is the last that is answered.
//   - HTTP/2: GOAWAY, unless new clients still come (serves). Its streams go on to their end.
//   - WebSockets: a close frame (1012, 'service restart') between two frames of the
//     program, whichever library writes them. Nothing that the program writes follows. If
//     the client does not answer in 2 s, the adapter ends the connection.
//   - Event streams of a client that asks as EventSource does: they end between two events
//     of the program, and the client connects again by itself. The program sees the client
//     leave, and what it writes later is dropped (js/drain/streams.cjs).
//   - Requests that are being answered and other streams go on to their end.
//   - Other protocols are the program's. Such a connection counts as busy while its client spoke last, and for a second
//     after each byte. Who spoke before the adapter's first look is not known: that look counts as a byte.
//
// Servers go on accepting, because clients may still be in their queue.
//
// # Which files are loaded
//
// A thread answers when it is asked, a few ms at a time between requests, and notes nothing before.
// CommonJS and the loader of ES modules have a cache each. Node does not hand the second one out: V8
// names it to an inspector's session, without a debugger (js/modules/loader.cjs). Hooks
// (module.registerHooks) exist since Node 22.15 only: with them, programs of ES modules would have no
// standby in Node 20.
//
// A thread that accepts no connection connects when it is a second old, unless it is the main thread of a tool (below
// node_modules or .yarn). Each answer names the worker threads that the thread has begun: they have to answer, too.
//
// Code that is read as text, such as a page's script that a bundler reads, or a module that the program
// loads in a way of its own, is noted: the adapter wraps open, readFile and their like in fs and
// fs.promises before anything else runs (js/modules/reads.cjs).
//
// # Does a change compile?
//
// Only the process that runs has the loaders that the program has installed. So the thread itself compiles a changed
// file, by the handlers of CommonJS and by what Node's loader of ES modules returns, and runs nothing of it
// (js/modules/check.cjs). Code counts as broken if it is neither CommonJS nor an ES module. A process of its own would
// have to start like the program, with what --require and --import run.
//
// # What is remembered
//
// Where an import leads and what tsx makes of a file are functions of the file system. In HOTSWAP_REMEMBER a process
// finds what the one before was answered, with the facts on which each answer depends (js/remember). It writes its
// own record when it is asked for its files.
package node
