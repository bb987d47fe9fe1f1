// Package drain observes the connections of a generation that gets no new ones, gives their next requests to the
// generation that serves, and reports when nothing is busy, so that the program may be stopped. It sends no signal
// and needs no help of the program.
//
// # How are the connections found?
//
// Every process of the generation has a table of descriptors in /proc/PID/fd. A socket in it whose local port
// is that of an endpoint was accepted; the others are the program's own, such as those to a database. The
// socket's cookie identifies it: processes that share a socket share one connection, and a descriptor number
// that is used again is not mistaken. A connection that has left its process without being closed (a
// cluster's primary passes accepted sockets to workers) is looked up by sock_diag(7), and counts as busy
// until a process has it.
//
// # How can hotswap look into another process's socket?
//
// By a duplicate (pidfd_getfd(2)) that lives for the microseconds of one look: a longer-lived duplicate would
// withhold the FIN when the program closes its own. Of up to 64 idle connections hotswap keeps a duplicate while the
// program may end, because a request may come last that only hotswap can read; the FIN then waits for a look.
// Where duplicates are forbidden, sock_diag tells nearly as much (all but the pingpong mode), but no connection can
// be moved: Run waits for a moment in which nothing is busy.
//
// # How does a kept connection move?
//
// A client that does not pipeline sends its next request only when it has the whole last answer. So the arrival
// of a request proves that the answer before is complete, if hotswap reads that request and not the program. The kernel
// is told not to wake the program for input (SO_RCVLOWAT, socket(7)). A request of HTTP/1 that lies there unread at two
// looks is read and given to a [Mover]. It has the generation that serves answer, and tells the client that the
// connection ends then.
//
// Who reads a request decides where it begins. So hotswap does that only for a client that speaks for nobody but itself:
// package peer says which these are, and it is asked anew when a request lies there and the last word is a second old.
// A proxy, a client of another user or of another machine is never relayed, nor is one on whose connection anything but
// requests of HTTP/1 was seen, or one for a tunnel or another protocol.
//
// Everything else is the program's, and wakes it at once: input that may belong to a request which the program
// has begun to read, and input that is no request. Counters tell that (TCP_INFO, SIOCINQ): a look shows how much the
// program had written when input was first there. Of what came and was sent before the first look, only ages tell; see
// infer.
//
// So much input that the kernel wakes the old process all the same must not lie there. So a request moves only if it
// has at most half as many bytes as the limit: 1.5 MB or more, but 2 MB at most, by net.ipv4.tcp_rmem. It moves when all of
// it is there, in one call: a program that got no processor may read late what it tried to read before it waited, and
// must not find the rest of a request that has moved.
//
// # How does another connection end?
//
// In a pause behind the answer to a whole request. hotswap must have seen that request while it lay unread, so that it
// was none for another protocol, and no part of a body is still to come. To see it, hotswap holds the input in a pause,
// and wakes the program as soon as something comes. The answer is over when it has rested for a second.
//
// A shorter pause, of 5 ms and two round trips, but at least 10 ms, suffices on a connection on which three answers in a
// row came in one burst and were whole, because the next request followed, and this one came in one burst, too, and is
// no smaller. That is inferred and not known: a program that after such answers sends a first part that is as large,
// and the rest after a longer pause, is cut.
//
// While hotswap ends a connection, a filter drops what comes, so that no request is carried out whose answer has no way.
//
// Input cannot be held where calls of the program wait in the kernel for it. Such a connection ends only if hotswap
// happened to see the request, the answer has rested for a second, and a thread waits for the next input.
//
// If hotswap is killed, so is the program, by its keeper. While hotswap gets no processor, or is stopped (SIGSTOP),
// input waits.
//
// # Busy or idle?
//
// A request is busy until the program has sent an answer that is a second old, or 100 ms where nothing moves. Output
// after output without input counts as a stream, which is over when it pauses for a second. If only ages tell and
// leave it open, a connection is busy until they are two seconds old. WebSockets do not keep the program from
// being told, whatever goes on on them: a server of WebSockets says goodbye to its clients.
//
// A process may have charge of its own connections ([Config.SelfReported], [Config.Waits]): these are left alone.
//
// # What cannot be known from outside?
//
//   - Whether a request is under way on a connection of a unix socket: it counts as busy until it ends.
//   - Whether a program answers before it has read the whole request. What follows is taken for a request if it looks
//     like one.
//   - How many requests are under way on one connection. A client that pipelines may get the answers to the first
//     requests from the old process and to one more from the new one. What is behind it is not answered.
//   - Whether a request that came before the first look was read as a whole, if its parts and the answer before it
//     fell into one tick of the kernel's clock. Its rest is taken for a request if it looks like one.
//   - Whether an answer that pauses for longer than a second goes on.
//   - Who has a connection that has left the generation's processes without being closed. It is forgotten after a
//     second, and its input stays held.
//   - A client may begin a request before it hears that its connection was ended in a pause: HTTP/1.1's own race. The
//     kernel refuses the request, so it may be sent again.
package drain
