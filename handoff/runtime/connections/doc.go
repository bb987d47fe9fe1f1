// Package connections speaks the families connections and websockets of the wire (handoff/runtime/wire): adapters of
// every language tell which connections a drain waits for, and hand connections over to the generation that serves.
// message.go has the fields.
//
// # A drain
//
//   - listening names a local port before the adapter reads the first byte of a connection there: Node and Go at the
//     first connection, Python and Ruby when the server starts. A process that names no port and no place only hears
//     of drains.
//   - drain replaces the drain before; resume, or the end of the link, cancels it.
//     Without websocket, WebSockets and event streams go on.
//   - state follows each change in a drain, and answers look, after what has arrived is read.
//
// What an adapter knows of a connection has one name in every language: at, the place; since, when it became idle or
// its newest request began (Go: began and rested); closing, the client knows that no further request is answered;
// stays, it is not handed over; leaving, hotswap is getting it; adopted, the number by which it came from another
// process; passed, the bytes that had left or come at the last look; flowed, when that number grew.
//
// # How a connection moves between two requests
//
// The adapter knows that nothing of a request has arrived that is not answered, and that nothing of an answer is left.
// It stops reading and gives the descriptor away; what has arrived unread stays in the kernel.
//
//	move     {"at":"[::]:4000"}                        + socket  the old process to hotswap
//	conn     {"id":7,"at":"[::]:4000","untilMs":…}     + socket  hotswap to the new process
//	taken    {"id":7} or {"id":7,"error":"…"}                    the new process to hotswap
//	owned    {"id":7}                                            the new process to hotswap
//
// at is the place at which the server listens that has accepted the connection. A thread takes what belongs to a place
// that it has named by listening, and its server accepts the connection as if the client had just come. With stop-first
// the connection waits in hotswap for the next generation. Where nobody takes the connection, the thread that gave it
// gets a conn with stays: its next answer there says 'Connection: close'.
//
// A process keeps its own descriptor until hotswap says got, and has at most 64 on their way, because each needs a
// descriptor in hotswap, too, which may have no more: then got says lost, and the connection goes on where it was. Some
// versions of macOS also drop a descriptor that its sender has closed before it is received (nodejs/node#7512).
//
// While the old generation may serve again, hotswap keeps a duplicate until the new process says owned: a request has
// come, or the process has closed the connection. If the process ends before it has read or written anything, the
// connection goes back, with the request that lies there.
//
// # How a WebSocket moves
//
// With HOTSWAP_NODE_WEBSOCKET=keep (--websocket keep) and a drain order that has keep, an
// adapter stops each WebSocket between two messages and hands it over, and hotswap passes it to
// a thread of the serving generation:
//
//		give     {"at":"[::]:4000","load":{…}}               + socket  the old process to hotswap
//		take     {"id":7,"at":"[::]:4000","untilMs":…,"load":{…}} + socket  hotswap to the new process
//		taken    {"id":7} or {"id":7,"error":"…"}                    the new process to hotswap
//
//	 1. The old process stops reading where a message of the client ends, and the program gets
//	    time to answer. (js/websocket/move.cjs)
//	 2. The program's onHandoff returns a state. Nothing that the program writes later is sent.
//	 3. The old process closes its descriptor without a shutdown. Its library sees the client leave.
//	 4. The new process's server accepts the connection as libuv would, and reads the request for
//	    the upgrade. The head of its answer is not sent but compared. Until then nothing is read
//	    from the wire. (js/websocket/adopt.cjs)
//
// Nothing is written to the client between 2 and 4, so whoever has the socket may still send
// a close frame: hotswap does if no thread takes it. untilMs is a wall clock's time, after
// which a process that was suspended must not take the WebSocket.
package connections
