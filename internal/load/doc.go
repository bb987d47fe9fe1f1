// Package load is a crowd of HTTP clients that proves that no request is lost
// while the process behind an address is replaced.
//
//	c := load.New(load.Config{
//		Targets: []string{"127.0.0.1:4000"},
//		Checks:  load.ExampleChecks(),
//	})
//	go c.Run(ctx)
//	… swap the process a few times …
//	cancel()
//	if r := c.Wait(); r.Failed() > 0 { … r.Examples … }
//
// # Why not net/http's client?
//
// Because it is kind: its Transport sends a request again when a reused
// connection turns out to be closed, so what it reports is what is left after
// the repair. Here a worker writes each request by hand on its own connection,
// once, and says what became of it. Every request gets exactly one [Class].
//
// # What is a failure, and what is HTTP's own race?
//
// A server may end an idle keep-alive connection at any instant, and a client
// may begin a request on it in that same instant (RFC 9112, section 9.3.1).
// Nobody's request is lost by that: it never reached a program, every client
// library sends it again. Such a [Race] is counted apart. Since the word would
// also excuse a server that takes a request and dies with it, it is given only
// on a reused connection of whose answer no byte came, and only if
//
//   - the server's kernel never acknowledged the request: the end of the
//     connection was under way before the request arrived (Linux tells us, see
//     acked_linux.go); or the write itself failed; or
//   - the end came within [Config.RaceWithin] of the write.
//
// Anything else is [EOF] or [Reset]: a lost request. Like any good client
// library, a worker looks at its connection right before it writes, so an end
// that has already arrived is an idle close and costs nothing. Races are to be
// judged against [Snapshot.Closes], the number of times they could have
// happened.
//
// # What is a stale answer?
//
// The moment at which somebody had received an answer of a version completely
// is kept. A connection whose dial began after that moment, and that an older
// version answers, was given to the wrong process: [Stale], a failure. An
// answer of the old version on an older connection is as it should be.
//
// # What about WebSockets?
//
// A [Kind] of them waits for each echo, and is one more sort of request. A [Duplex]
// is for connections that go on while the process is replaced: its clients send in
// a fixed rhythm, hear what the server sends by itself as well, and count what was
// lost, doubled or out of order on each connection, the ends by their code, how soon
// a client was back, and every long silence.
//
// # How does it end?
//
// When the context of [Client.Run] ends, every worker finishes the request
// that it has under way; it is judged like any other. What is still unanswered
// after [Config.Finish] is [Abandoned], which is no failure, for nobody waited
// long enough to know.
package load
