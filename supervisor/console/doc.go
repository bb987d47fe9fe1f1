// Package console gives each generation its standard streams.
//
// # What does the program get?
//
// Output and error are relayed, so that the last lines of error are known after a crash, a line
// that means readiness can be found, and a standby's output waits. If ours is a terminal, the
// program gets a pty(7), which keeps isatty(3), colours and the window's size; else a pipe. Both
// go through one pty or pipe, which keeps their order, if ours are the same open file or terminal.
//
// # What changes?
//
// The bytes do not. The pty has OPOST off, so that only the real terminal processes output. A relay writes at once
// and blocks. If nobody reads our output, the pipe fills and the program blocks, as without hotswap. If our reader has
// gone (EPIPE), the relay closes its end, and the program's next write fails, one write later than without hotswap.
// What a full disk refuses is lost.
//
// [Config].Keep gets all that is relayed, as whole lines. Nothing passes by a relay, because the Go runtime opens
// /dev/null in the place of a closed stream of ours.
//
// # How does a relay end?
//
// Not by end of file, because a process that left the generation's tree may keep a stream open, and so does the keeper.
// When the program has ended, Flush wakes the relay by a read deadline, and the relay reads until there is no more. (A
// pty has delivered everything by the time the writer's write(2) returns.) Close does the same and ends the relay. Both
// wait only briefly for a reader that does not read. After Close the relay waits on for the reader, with no more than a
// pipe holds and 64 KiB, and so does hotswap at its end, if nobody told it to stop ([Console.Wait]), unless too many
// wait: then the rest is lost, and [Config].Lost says so.
//
// # hotswap's own lines
//
// They take the same way ([Console.Write]), and begin on a new line if a line of the program is unfinished.
//
// # Ownership
//
// The [Console] does not own our own descriptors. [Streams] own the program's ends until Started, and ours until Close.
// A [Keyboard] belongs to its Streams. Its methods may be called at any time and return os.ErrClosed after Close.
//
// Without Linux's keeper, a relay ends with the last process that has the stream, or at Close.
package console
