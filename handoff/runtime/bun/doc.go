// Package bun has the adapter that Bun processes of a program load, and prepares standbys of
// Bun programs: the same command, started ahead, whose Bun process waits right before the
// program's own code.
//
// # How the adapter gets into the program
//
// BUN_OPTIONS begins with --preload=PATH. Bun reads the variable as if its words stood behind
// the name bun, at the beginning of the command line (appendOptionsEnv in its source): words
// end at white space, and quotes in an option's value are a part of the value. So a path with
// one of these is not used. Commands that run no JavaScript (bun install, bun run NAME) ignore
// --preload. The first process that runs JavaScript removes all of it from its environment and
// from process.execArgv, so that its children are as without hotswap. The scripts are in
// handoff/runtime/js/bun.
//
// # How a standby waits
//
// Bun loads what is preloaded before it opens the program's file, and this script before what
// the user preloads on the command line. What bunfig.toml preloads comes first, so there is no
// standby then. In a standby the script reads a byte of a pipe: the thread is blocked, so no
// timer and no signal handler runs meanwhile. A file that appears while the process waits is
// found, because Bun reads a folder again before an import fails. It is
// stale when a file has changed that Bun reads before (settings), or a package's. An
// error of the script ends the process, because Bun would go on to the program.
//
// # What a standby loads
//
// The packages' files that the generation before has in require.cache, by their paths: the
// program's own imports find them again. That cache has no order of use, so the order is that of
// the imports in the text of the project's files (packages.cjs). A plugin ends the process
// before the first line of code of the project. In a rehearsal observer.cjs shows what
// packages do; what Bun lets nobody replace (Bun.env, Bun.plugin), it finds in their text.
//
// # What the adapter does in a drain
//
// The adapter replaces Bun.serve, through which node:http and a default export
// with fetch pass, too. 50 ms after a server has begun, so that its first answers come before, the adapter opens
// a link of the wire, unless there is one, and names the port (handoff/runtime/connections). In a drain:
//
//   - It tells how many requests are being answered (pendingRequests), by the program or by Bun itself.
//   - Each answer of a handler says 'Connection: close'. A second after the drain has begun, Bun ends the
//     connections that are between two requests (closeIdleConnections).
//   - WebSockets are sent a close frame. Bun forgets a WebSocket when it
//     closes it, so a client that has not read everything gets 2 s before. The package ws waits
//     for the client's answer, 2 s here.
//   - Event streams of a client that asks as EventSource does end between two events
//     (followed.cjs has the rule, which is that of Node). For Bun.serve, Bun
//     gets a stream that reads the program's, and that the adapter can close (streams.cjs).
//     For node:http, the adapter writes the end of the answer (node.cjs). To the program
//     it looks as if the client had left. The client must not come back on the same connection, where
//     the old process would still have it. So such an answer says 'Connection: close', and streams in
//     HTTP/2 and HTTP/3 stay.
//
// Workers do not load what is preloaded, so what is said here is not done there.
//
// # Which files are loaded
//
// require.cache has the modules, ES modules, too, and no more. Bun 1.4 says nowhere which code it has read besides:
//
//   - A module that fails, or whose top-level await has not ended, is not there, and neither is what only that has
//     imported. The program may have caught the error, and a save of the module is then its cure.
//   - Hooks do not see it: onResolve of a plugin is not asked for names without an extension, and onLoad must answer
//     with the content.
//   - What is bundled for a browser (HTML imports, Bun.build) and what Bun's shell prints ($`cat a.ts`) is read in
//     machine code, and a worker has modules of its own.
//
// So the list is never exact: a change of code that is not in it counts, too.
package bun
