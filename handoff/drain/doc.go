// Package drain observes the connections of a generation that gets no new ones, tells busy from idle, ends
// those that clients go on using, and reports when nothing is busy, so that the program may be stopped. It
// sends no signal and needs no help of the program.
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
// withhold the FIN when the program closes its own. Where that is forbidden, sock_diag tells nearly as much
// (all but the pingpong mode), but no connection can be ended: Run waits for a moment in which nothing is busy.
//
// # Busy or idle?
//
// Requests and answers alternate. So what is newer, the last data received (a request: busy) or the last data
// sent (an answer: idle)? The kernel tells the ages of both, in ticks of up to 10 ms. A client without pauses
// sends its next request within 0.1 ms of an answer: both in one tick, a tie, and a slow request looks like
// an idle connection. These facts break the tie, each pinned by a test in facts_test.go:
//
//   - sent data is not acknowledged: it is newer, or the request would have acknowledged it;
//   - pingpong mode is off: an answer in the tick of its request turns it on, so the request is newer. The
//     kernel leaves the mode when its delayed ACK (40 to 200 ms) had to go out alone;
//   - since the last look only one of the two moved;
//   - both moved, all is acknowledged and no bare ACK came in: a newer request carried the acknowledgement;
//   - the client sent a bare ACK a tick later: for an answer, which is newer;
//   - the server's kernel sent a bare ACK later: for a request that is not answered; or never did: the ACK was
//     sent with an answer.
//
// Pingpong mode that is still on proves nothing. A request in two segments, as Python's clients send it, is
// acknowledged when the program reads it; then no delayed ACK fires, and the mode stays on while the request
// waits. What no fact resolves counts as busy for two seconds, then as parked, which is never a reason to end
// a connection.
//
// # Which connections are ended, and when?
//
// Those in use: a request came while hotswap observed. Parked ones (pools, silent WebSockets) are left to the
// program's own handling of the stop signal, and so is every connection whose client speaks anything else than
// HTTP/1: a server of WebSockets says goodbye to its clients when it is told to stop. WebSockets do not keep
// the program from being told, whatever goes on on them.
//
// What the client speaks is read from the first bytes of its next request, before the program reads them
// (MSG_PEEK). A program that waits for input would be quicker than hotswap, so the kernel is told not to wake it
// for less than 8 KiB (SO_RCVLOWAT) until hotswap has looked, which delays one request of each connection by
// 2 to 6 ms, and longer only while hotswap gets no processor or is stopped (SIGSTOP). If hotswap is killed, so is
// the program, by its keeper. The input of at most 256 connections is held so at once. It cannot be held where
// calls of the program wait on the socket itself: such connections count as HTTP. What is inside TLS may be
// HTTP/2, of which a request may wait while others are answered, so TLS is left to the program, too.
//
// A connection that shows a pause of 100 ms (1 s until two of its answers have been seen) is ended in the
// pause by shutdown(2). Otherwise TCP_CORK holds the end of the next answer in the kernel for the 24 ms that
// show it to be whole, however many writes it took. Meanwhile the client cannot have sent its next request.
// Then the answer is sent, and if the client pauses for 2 ms, the connection is ended in that pause; if it
// does not in three attempts, the next answer is sent in one segment with the FIN. An interim answer ('100
// Continue') is too small to be held, and an answer that comes in parts is recognised and sent. All held
// output is sent when Run ends.
//
// A program may undo the cork: Tornado sets TCP_NODELAY, which sends what is held, and puma removes the cork when
// an answer is over. Then the length must tell: an answer seen from its beginning that is as long as earlier whole
// answers is whole too, and the connection is ended in a pause of 2 ms. Whole were those after which a request
// came with no output in between, of clients that speak HTTP. After one answer that went on, on any connection,
// lengths count no more.
//
// Once a program was seen to remove the cork, two facts must agree: the length, and that the cork, which hotswap
// puts on again at each look, is gone after the answer's last byte. hotswap had to see it on while the program
// answered that very request, or gone after the answer before: otherwise the removal may belong to an earlier
// answer. The removal alone proves nothing, because a program may remove the cork between two parts. But while it
// is on, such a program has not finished: what is held then is sent on and does not count as whole, and the
// connection is not ended in a pause below 1 s. Until it is known whether a program removes the cork, it counts as
// one that does; it does not if a client goes on after just what the cork has held, or left with the cork on.
//
// A program that removes the cork loses nothing by it, so its connections are corked as soon as clients use them,
// and one answer seen from its beginning suffices instead of four. What was learned in a drain that is given up,
// as that of probation is, holds for the next one of the same generation.
//
// Before an answer counts as whole, all threads of the program must have been seen asleep at one instant at
// which the connection took output: on a busy machine two parts of one answer may lie further apart than the
// pauses of a client. A program that had more to write would have been awakened, even if it has not got a
// processor yet (proc_pid_stat(5), state R). If a program never sleeps, the age of the answer must do: of it
// counts the time in which no thread waited for a processor.
//
// # What cannot be known from outside?
//
//   - A client may begin a request in the microseconds in which its connection is ended: HTTP/1.1's own race.
//     The kernel refuses the request, so it may be sent again. A client that writes right after an answer
//     without looking meets this every time; only 'Connection: close' in an answer spares it.
//   - Whether an answer that pauses is whole. Output after output without input counts as a stream and is left
//     alone until it pauses for a second; so is the first answer seen on a connection. After one whole answer, a
//     pause far longer than any before counts as the end.
//   - Whether output that is not held is whole, if answers always have new lengths or the client does not pause:
//     both are left alone. The head of an answer that is sent in parts counts as whole if it is exactly as long
//     as whole answers, such as those to HEAD.
//   - Whether a client speaks WebSocket that does not send: it counts as parked, or as a stream if the program
//     sends often. A client that asks for a WebSocket on a connection on which hotswap has seen HTTP already is
//     noticed if hotswap sees that request.
//   - How many requests are under way on one connection: pipelining and HTTP/2 look idle when the program sent
//     last.
package drain
