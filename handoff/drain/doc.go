// Package drain watches the connections of a generation that gets no new ones, and says when nothing is under way on
// them, so that hotswap may tell the program to stop. The package sends no signal and needs no help of the program. It
// acts on no connection, but for [Watch.EndStreams] and [Cut], which carry out what a person has said.
//
// # What does a look show?
//
// One question to the kernel (sock_diag(7)) names all connections at the generation's ports, and tells of each how many
// bytes have come and gone, how many of these are unread or on their way, and how old the newest are. The descriptors
// of the generation's processes (/proc/PID/fd) say which of the connections are the generation's. When the queues of
// its gates are empty, no other connection can become the generation's, so no further look needs the descriptors. Where
// clients keep coming, because no other generation gets them, each look asks for the new ones. When no other can come
// and an adapter tells of each that is left, a look asks the kernel nothing.
//
// # What is busy?
//
// A connection is busy if the client spoke last, if bytes are unread or on their way, or if bytes have moved within the
// last second ([Rest]). Which end spoke last is told by the ages, and by the counters of two looks. If both ages are
// the same, within one tick of the kernel's clock, the program counts as the one who spoke last. What moves again and
// again without a word of the client is a stream.
//
// # What does the kernel not tell?
//
//   - Whether an answer that pauses for longer than a second goes on. So nothing is ended that rests: an answer of
//     which an agent's tool writes the next line in ten seconds looks like a connection that a browser keeps.
//   - Whether a WebSocket, or a protocol of lines, whose client spoke last waits for an answer. It counts as busy.
//   - Whether a request is under way on a connection of a unix socket: such a connection counts as busy until it ends.
//   - Whether a request that came in the tick of the clock in which the program answered the one before is answered,
//     too, if no look came between. It counts as answered when nothing has moved for a second.
package drain
