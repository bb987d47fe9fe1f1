// Package livereload tells browsers to load their page again, by the protocol of LiveReload
// (version 7), which its script and its extensions speak.
//
// # What a page is told
//
// A page is told to reload when another generation has begun to serve, also after a
// rollback, and never while a start or a build is under way or due. It is told once. A
// changed style sheet is told at once, and the page stays. An upgrade of hotswap reloads no
// page, because the source of the program is the same.
//
// # When, and which pages
//
// A browser keeps idle connections and sends the next request on one of them. The generation at the other end is the
// old one. So pages are told when the next request on each of these connections goes to the new one, a few
// milliseconds after the cutover (supervisor.GenerationStatus, Settled). If a connection turns out to carry TLS or
// HTTP/2, pages are told once more when it has ended.
//
// The pages of which the navigation began before that moment are reloaded. A page that is
// connected then is one of them. A page that connects later may be one as well: its answer
// may have come from the old generation, while the page was still loading its script. So the
// script reports the page's age at each connection. hotswap has sent its hello just before,
// so the navigation began no earlier than that moment minus the age; hotswap assumes that
// earliest time. A page that was reloaded for the newest swap says so, because its
// navigation may look earlier than it was.
//
// An extension of a browser brings its own script, which reports no age: its page counts
// as loaded when it connects.
//
// A page of the program with hotswap's script also shows why the newest save does not serve, until a newer one does.
//
// # What others can see
//
// The server, at 127.0.0.1 and ::1, refuses the WebSockets of pages that do not come from
// this machine. To all others it tells when to reload. It tells why a save does not serve
// (files, and the last lines of the program, without what looks like a secret) only to a
// page whose origin is an address that the program serves, in a browser of the
// user that hotswap runs as, or of root. The kernel says whose browser it is.
package livereload
