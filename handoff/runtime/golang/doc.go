// Package golang has the adapter of Go programs, and has Go's compiler put it in.
//
// # How does the adapter get into a program?
//
// Go's compiler can be told to read other files in place of those of a package, the standard library's too (-overlay).
// GOFLAGS, which every go command below reads, gets an overlay with added files in net (_net) and net/http (_nethttp),
// and with files that are the toolchain's own texts but for one call each in some places, and a field of Server
// (edits.go). Where a text is not as expected, or net/http does not compile so, there is no adapter.
//
// Of a toolchain that Go has downloaded, below GOMODCACHE, Go allows no overlay. A folder of links stands in for it,
// with a go command that comes first in PATH; a command that names another go by its path builds without the adapter.
//
// Nothing else is changed, so a build without hotswap has nothing of it. A release gets the adapter by Release, and
// Inspect finds it in a program. In a program that was built so, and runs without hotswap, each call returns at once:
// the variable is asked for when a server begins, and nothing else happens.
//
// # When?
//
// Only where Go is told of: a go.mod at the project's folder or above, or a command that names go. The first time, a go
// command compiles net/http beside the program, at the lowest priority; what the program is built of meanwhile has no
// adapter. The overlay is remembered by its content.
//
// # What does the adapter do?
//
// It speaks the family "connections" of handoff/runtime/wire, which handoff/runtime/connections explains, as one thread
// that does not tell which files are loaded. Where sockets are not intercepted it speaks the family "sockets"
// (handoff/held), too, by the same link.
//
//   - A goroutine of net/http serves one connection, and reads it through the adapter. When nothing of a request was
//     read, the goroutine itself gives the descriptor away, so that no byte can come between. A read that waits is
//     ended for a moment by a deadline in the past, and goes on if a byte has come or the connection does not leave.
//   - A server that takes a connection does for it what Serve does for a new one: ConnContext, ConnState, timeouts of a
//     connection that rests.
//   - Only connections that nobody has wrapped (*net.TCPConn, *net.UnixConn) move, and only to a server of the same
//     address whose connections nobody has wrapped. Of the others, such as those of TLS and of netutil.LimitListener,
//     the next answer says 'Connection: close'.
//   - HTTP/2 gets GOAWAY, if it is that of net/http. Hijacked connections are left alone.
//   - A connection of which the adapter does not know that the whole port is its own (a listener that wraps its
//     connections may have passed others on) is observed from outside, too.
package golang
