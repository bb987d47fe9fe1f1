// Package control is how others speak with a running hotswap: a unix-domain
// socket, and over it HTTP with JSON. It holds the wire types, the server and
// the client.
//
// # The protocol, version 1
//
//	GET  /v1/status    200, the status (supervisor.Status)
//	POST /v1/reload      starts a fresh generation, answers when its fate is known
//	POST /v1/rollback  steers back to the generation that served before
//	POST /v1/stop      drains and ends; answers when everything is gone
//
// The three commands take no body and answer 200 with a [Result], whatever
// came of it. Anything else is an error: {"error": "…", "code": "…"}. Code is
// empty or one of the Code constants. A field may be added in version 1; none
// changes its meaning or goes. By hand:
//
//	curl --unix-socket "$HOTSWAP_CONTROL" http://hotswap/v1/status
//	curl --unix-socket "$HOTSWAP_CONTROL" -X POST http://hotswap/v1/reload
//
// # Who may ask?
//
// The user whom hotswap runs as, and root. The socket's mode says so (0600),
// and the kernel tells who connected (SO_PEERCRED, unix(7)): the mode could be
// changed, or the directory shared.
//
// # What can a client do to hotswap?
//
// Ask. It gets 5 s for its request and as long for taking an answer, one
// request a connection, and at most [maxClients] are listened to at once, so
// that descriptors are left for swaps. One that goes away takes nothing along:
// what it asked for is done all the same. Another user, who can connect if the
// socket's mode was changed, is told that it may not ask, and takes the place of
// another such user only ([maxStrangers]).
//
// # How does a younger hotswap take over?
//
// A socket is bound beside its path and renamed over it ([Socket.Publish]): at
// any time the path leads to somebody who answers. The elder's end removes
// nothing that is not its own.
package control
