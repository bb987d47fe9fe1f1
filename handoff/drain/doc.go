// Package drain watches the connections of a generation that no longer gets
// new ones, tells busy from idle, ends on the program's behalf those that
// clients go on using, and reports when nothing is busy, so that the program
// may be told to stop. It sends no signal and needs no help of the program.
//
// # How are the connections found?
//
// Every process of the generation has a table of descriptors in /proc/PID/fd.
// A socket in it whose local port is that of an endpoint is a connection that
// was accepted; the others are the program's own, to its database for one. The
// socket's cookie names it for good: processes that share a socket share one
// connection, and a descriptor number used again is not mistaken. What has
// left its process without being closed (a cluster's primary hands accepted
// sockets to workers) is asked after by sock_diag(7), and counts as busy until
// it turns up.
//
// # How can one look into another process's socket?
//
// By pidfd_getfd(2), a duplicate, for the microseconds of one look: a
// duplicate that is kept would withhold the FIN when the program closes its
// own. Where that is forbidden, sock_diag tells nearly as much, and nothing
// can be ended: then Run waits for a moment in which nothing is busy.
//
// # Whose turn is it?
//
// Request and answer take turns, so one question is enough: which is newer,
// the last data received (the program's turn: busy) or the last data sent (the
// client's: idle). The kernel tells both as ages, in ticks of up to 10 ms. A
// client without pauses sends its next request within 0.1 ms of an answer:
// both in one tick, a tie, and a slow request looks like an idle connection.
// These break the tie, each pinned by a test in facts_test.go:
//
//   - our data is not acknowledged: it is newer, or the request would have
//     carried the acknowledgement;
//   - pingpong mode is off: an answer in the tick of its request turns it on,
//     so the request is newer. The kernel leaves the mode when its delayed ACK
//     (40 to 200 ms) had to go out alone;
//   - since the last look only one of the two moved;
//   - both moved, all is acknowledged and no bare ACK came in: the
//     acknowledgement rode on a newer request;
//   - the client sent a bare ACK a tick later: for our answer, which is newer;
//   - our kernel sent a bare ACK later: for a request that is not answered; or
//     never did: the ACK rode on our answer.
//
// Pingpong mode that is still on proves nothing. A request in two segments, as
// python's clients send it, is acknowledged when the program reads it; then no
// delayed ACK fires, and the mode stays on while the request waits. What no
// sign resolves counts as busy for two seconds, then as parked, which is never
// a reason to end it.
//
// # Which connections are ended, and when?
//
// Those in use: a request came while we watched. Parked ones (pools, WebSockets
// that are silent) are left to the program's own handling of the stop signal.
//
// A connection that shows a pause of 100 ms (1 s until two answers of it have
// been seen) is ended in it by shutdown(2). One
// that does not is held: TCP_CORK keeps the end of the next answer in the
// kernel for the 24 ms that show it to be whole, however many writes it took.
// While it is held the client cannot have sent its next request. Then it is let
// go, and if the client pauses for 2 ms, the connection is ended in that
// pause; if it never does, in three attempts, the next answer leaves in one
// segment with the FIN. An interim answer ('100 Continue') is too small to be
// held, an answer that comes in parts is recognised and let go, and everything
// held is let go when Run ends.
//
// A program may undo the cork: puma takes its own off after each answer, and
// Tornado sets TCP_NODELAY anew, which pushes out what is held. Then the length
// must tell: an answer seen from its beginning that is as long as others which
// were whole is whole as well, and is ended in a pause of 2 ms. Whole were those
// after which a request came with no output between; where both came in one
// look, with output of one segment newer than the request. One answer that went
// on after it had left, on any connection, and lengths count no more.
//
// The alternatives were tried. Ending at the first idle instant of 8 ms meets
// clients that pause 10 ms just when they come back, and never finds clients
// that do not pause. FIN along with every answer loses nothing of clients that
// look before they write, but a pool that prefers the connection used last
// reuses it before it sees the end.
//
// Before an answer is taken for whole, the threads of the program must have
// been seen asleep, proc_pid_stat(5): on a crowded machine head and body of one
// answer may lie further apart than the pauses of a client.
//
// # What cannot be known from outside?
//
//   - A client may begin a request in the microseconds in which its connection
//     is ended: HTTP/1.1's own race. The request is refused by the kernel and
//     never reaches the program, so it may be sent again. A client that writes
//     at once after an answer without looking meets it every time; only an
//     answer with 'Connection: close' spares it that.
//   - Whether an answer that pauses is whole. Output after output with no
//     input between them is taken for a stream and left alone until it pauses
//     for a second; so is the first answer that we see on a connection. Once
//     one has been seen whole, a pause far longer than any before is taken for
//     the end.
//   - Whether what a program pushes out is whole, if its answers have ever new
//     lengths; or if a client of such a program does not pause: both are left
//     alone. The head of an answer that is sent in parts is taken for whole if
//     it is exactly as long as whole answers, to HEAD for one.
//   - How many requests are under way on one connection: pipelining and HTTP/2
//     look idle when the last word was the program's.
package drain
