// Package livereload tells browsers to load their page again: a page has hotswap's script, which asks for server-sent
// events.
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
// script, which is never cached, has the time when it was served. The page takes its own age off
// that: its navigation began no earlier. A page that was reloaded for the newest swap says so,
// because its navigation may look earlier than it was.
//
// A page of the program also shows why the newest save does not serve, until a newer one does.
//
// # How many connections?
//
// A browser opens six connections to a name and port by HTTP/1. hotswap has a port of its own, so none of the program's
// is taken. Streams go to another name of it than that of the script, because a page without its script does not show.
// A page has a stream only while it is visible. It connects again when somebody looks at it, and hears what it has
// missed.
//
// # What others can see
//
// The server, at 127.0.0.1 and ::1, refuses pages that do not come from
// this machine. To all others it tells when to reload. It tells why a save does not serve
// (files, and the last lines of the program, without what looks like a secret) only to a
// page whose origin is an address that the program serves, in a browser of the
// user that hotswap runs as, or of root. The kernel says whose browser it is.
package livereload
