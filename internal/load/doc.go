// Package load is an HTTP load client that proves that no request is lost while the
// process behind an address is replaced.
//
//	c := load.New(load.Config{Targets: []string{"127.0.0.1:4000"}, Checks: load.ExampleChecks()})
//	go c.Run(ctx)
//	… swap the process a few times …
//	cancel()
//	if r := c.Wait(); r.Failed() > 0 { … r.Examples … }
//
// # Why not net/http's client?
//
// Its Transport sends a request again when a reused connection turns out to be closed,
// and so hides losses. Here a worker writes each request itself, once, and classifies
// the outcome. Every request gets exactly one [Class].
//
// # What is a failure, and what is HTTP's own race?
//
// A server may close an idle keep-alive connection in the moment in which a client
// begins a request on it (RFC 9112, section 9.3.1). That request never reached a
// program, and every client library sends it again. Such a [Race] is counted apart.
// To not excuse a server that takes a request and dies, a race needs a reused
// connection on which no byte of the answer came, and one of:
//
//   - the server's kernel never acknowledged the request (see acked_linux.go), or the
//     write itself failed;
//   - the connection ended within [Config.RaceWithin] of the write.
//
// Anything else is [EOF] or [Reset]: a lost request. A worker looks at its connection
// right before it writes, as good client libraries do, so that a close which has
// arrived by then costs nothing. Compare races with [Snapshot.Closes], the number of
// times they could have happened.
//
// # What is a stale answer?
//
// A [Stale] answer, a failure, comes from an older version on a connection whose dial
// began after a newer version had completed an answer to any worker. An old version
// may answer on older connections.
//
// # WebSockets
//
// The clients of a [Duplex] keep their connections while the process is replaced. They
// send in a fixed rhythm and count, on each connection, messages lost, doubled or out
// of order, closes by code, and the time until a client was back.
//
// # Event streams
//
// The clients of [Events] read event streams as a browser's EventSource does. They tell how
// each stream ended: with its answer whole, cut or reset, and whether in the middle of an
// event.
//
// # The end
//
// When the context of [Client.Run] ends, every worker finishes its current request,
// which is judged like any other. A request still unanswered after its time is
// [Abandoned], which is no failure.
package load
