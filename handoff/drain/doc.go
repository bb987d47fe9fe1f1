// Package drain observes the connections of a generation that gets no new ones, gives their next requests to the
// generation that serves, and reports when nothing is busy, so that hotswap may tell the program to stop. The package
// sends no signal and needs no help of the program.
//
// # How does the drain find the connections?
//
// Every process of the generation has a table of descriptors in /proc/PID/fd. The program accepted each socket there
// whose local port is that of an endpoint; the others are the program's own, such as those to a database. The socket's
// cookie identifies a connection: processes that share a socket share one connection, and the drain does not mistake a
// descriptor number that is used again. sock_diag(7) finds a connection that has left its process without being closed
// (a cluster's primary passes accepted sockets to workers). Such a connection counts as busy until a process has it.
//
// # How can hotswap look into another process's socket?
//
// By a duplicate (pidfd_getfd(2)) that lives for the microseconds of one look: a longer-lived duplicate would
// withhold the FIN when the program closes its own. Of up to 64 idle connections hotswap keeps a duplicate while the
// program may end, because a request may come last that only hotswap can read. Where the last answer is a second old, the
// connection stays open for 5 s behind the program's end, and the next request moves: nearly every client that asks again
// and again has asked by then, so no end meets its request on the way. The FIN of a program that lives waits for a second.
// Where duplicates are forbidden, sock_diag tells nearly as much (all but the pingpong mode), but no connection can
// move: Run waits for a moment in which nothing is busy.
//
// # How does a kept connection move?
//
// A client that does not pipeline sends its next request only when it has the whole last answer. So the arrival
// of a request proves that the answer before is complete, if hotswap reads that request and not the program. The drain
// sets a limit below which the kernel does not wake the program for input (SO_RCVLOWAT, socket(7)). If two looks find a
// request of HTTP/1 unread, the drain reads the request and gives it to a [Mover]. The Mover has the generation that
// serves answer, and tells the client that the connection ends then.
//
// Who reads a request decides where that request begins. So the drain takes requests only of a client that speaks for
// nobody but itself: package peer says which clients these are, and the drain asks again when a request lies there and
// the last word is older than a second, or than twice the time of a search. The request waits for the answer for so long,
// and two seconds at most. The drain never takes a request of a proxy, of another user or of another machine, nor on a
// connection on which anything but requests of HTTP/1 has come, or a request for a tunnel or another protocol.
//
// Everything else is the program's, and wakes the program at once: input that may belong to a request which the program
// has begun to read, and input that is no request. Counters tell that (TCP_INFO, SIOCINQ): a look shows how much the
// program had written when input was first there.
//
// Input above the limit would wake the old process. So a request moves only if it has at most half as many bytes as the
// limit: 1.5 MB or more, but 2 MB at most, by net.ipv4.tcp_rmem. A request moves in one call when all of it is there: a
// program that got no processor may read late what it tried to read before it waited, and must not find the rest of a
// request that has moved. A program that has read more than a part of the head gets the rest.
//
// # How does another connection end?
//
// In a pause behind the answer to a whole request. hotswap must have seen that request while it lay unread, so that it
// was none for another protocol, and no part of a body is still to come. To see the request, hotswap holds the input in
// a pause, and wakes the program as soon as something comes. While hotswap ends a connection, the socket drops what
// comes, so that the program carries out no request whose answer has no way.
//
// If hotswap is killed, so is the program, by its keeper. While hotswap gets no processor, or is stopped (SIGSTOP),
// input waits.
//
// # What does the drain infer?
//
// Where an adapter has charge of its process's connections ([Config.SelfReported]), nothing. Elsewhere counters tell
// what happens between two looks. What they leave open is inferred:
//
//   - Before the first look, only ages tell whether a request has been answered, and the kernel's delayed ACK where the
//     ages are the same; see infer. Without that, a long request that is under way would be cut at the stop signal, and
//     clients that pause would get one more old answer each.
//   - An answer that has rested for a second is whole.
//   - A shorter pause, of 5 ms and two round trips, but at least 10 ms, suffices on a connection on which three answers
//     in a row came in one burst and were whole, because the next request followed, and this answer came in one burst,
//     too, and is no smaller. Without that, clients that the drain may not move, and that pause for less than a second,
//     would be cut at the stop signal.
//   - Fewer than 48 bytes are an interim answer.
//   - Output after output without input is a stream, which is over when it pauses for a second.
//
// # Busy or idle?
//
// A request is busy until the program has sent an answer that is a second old, or 100 ms where nothing moves, and so is
// a stream. A connection of which nothing tells the direction is busy until its last data is two seconds old. WebSockets
// do not keep hotswap from telling the program, whatever goes on on them: a server of WebSockets says goodbye to its
// clients. A process may also report work of its own ([Config.Waits]).
//
// # What cannot be known from outside?
//
//   - Whether a request is under way on a connection of a unix socket: such a connection counts as busy until it ends.
//   - What goes on where calls of the program wait in the kernel for input. The drain cannot hold that input, and leaves
//     the connection to the program.
//   - Whether a program answers before it has read the whole request. What follows is taken for a request if it looks
//     like one.
//   - How many requests are under way on one connection. A client that pipelines may get the answers to the first
//     requests from the old process and to one more from the new one. Nobody answers what is behind that request.
//   - Whether the program read a whole request before the first look, if the parts of the request and the answer before
//     it fell into one tick of the kernel's clock. The rest is taken for a request if it looks like one.
//   - Whether an answer that pauses for longer than a second goes on.
//   - Whether the program reads in the microseconds between the last count and the call that takes a request. Then the
//     program has one part of the request and hotswap the other, and hotswap ends the connection.
//   - Who has a connection that has left the generation's processes without being closed. The drain forgets such a
//     connection after a second, and its input stays held.
//   - A client may begin a request before it hears that its connection was ended in a pause: HTTP/1.1's own race. The
//     kernel refuses the request, so the client may send it again.
package drain
