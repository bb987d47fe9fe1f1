// Package live serves a page that shows what hotswap does: the generations on a time line, the last failure, the
// program's output, and buttons.
//
//	GET  /                    the page; its script and style are files of their own
//	GET  /live/stream         server-sent events: state (JSON), and lines (JSON) with the number of the last as its id
//	POST /live/do/reload      also rollback, pause and resume; answers with a line when that is done
//
// # Who may ask
//
// On a loopback address: the user that hotswap runs as, and root. The kernel says who has the other end. At any other
// address: whoever has the token, 128 bits and more of each run. It stays in the URL, because a browser sends cookies
// to each port of a host.
//
// The Host must be localhost or the address of the connection, because any other name may be of another site (DNS
// rebinding). A stream is for the page's own origin. A command needs that origin and a header that no form can send.
//
// # Limits
//
// At most 32 streams are open and 8 commands under way. A stream has no buffer: it reads the newest state and its place
// in the ring of lines. A client that takes nothing for 10 s is disconnected, and connects again by itself.
package live
