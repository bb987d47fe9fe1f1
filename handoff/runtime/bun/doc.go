// Package bun has the adapter that Bun processes of a program load. There are no standbys of Bun
// programs, because Bun starts fast: a save starts the command again.
//
// # How the adapter gets into the program
//
// BUN_OPTIONS begins with --preload=PATH. Bun reads the variable as if its words stood behind
// the name bun, at the beginning of the command line (appendOptionsEnv in its source): words
// end at white space, and quotes in an option's value are a part of the value. So a path with
// one of these is not used. Commands that run no JavaScript (bun install, bun run NAME) ignore
// --preload. The first process that runs JavaScript removes all of it from its environment and
// from process.execArgv, so that its children are as without hotswap. An empty BUN_OPTIONS
// could not be restored, so there is no adapter then.
//
// # What the adapter does in a drain
//
// hotswap observes the connections of a Bun process from outside, as those of every process, and moves the
// kept ones (handoff/drain). The adapter replaces Bun.serve, through which node:http and a default export
// with fetch pass, too. The first server connects to the socket of Node's adapter, in whose protocol both
// speak (handoff/runtime/node); it names no port. In a drain:
//
//   - It tells how many requests are being answered (pendingRequests), by the program or by Bun itself, because
//     from outside an answer that pauses for a second looks whole.
//   - WebSockets are sent a close frame. Bun forgets a WebSocket when it
//     closes it, so a client that has not read everything gets 2 s before. The package ws waits
//     for the client's answer, 2 s here.
//   - Event streams of a client that asks as EventSource does end between two events
//     (site/followed.cjs has the rule, which is that of Node). For Bun.serve, Bun
//     gets a stream that reads the program's, and that the adapter can close (site/streams.cjs).
//     For node:http, the adapter writes the end of the answer (site/node.cjs). To the program
//     it looks as if the client had left. The client must not come back on the same connection, where
//     the old process would still have it. So such an answer says 'Connection: close', and streams in
//     HTTP/2 and HTTP/3 stay.
//
// Workers do not load what is preloaded, so what is said here is not done there.
//
// # Which files are loaded
//
// require.cache has the modules, but not all that are no code (JSON). So the list is never
// exact: a change of another file starts the program again.
package bun
