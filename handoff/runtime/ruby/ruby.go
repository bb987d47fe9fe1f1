// Package ruby has the adapter that Ruby processes of a program load. It knows puma, from 5.6 to 8.
//
// # How the adapter gets into the program
//
// RUBYOPT, which every Ruby process inherits, also through bundler, gets '-rPATH' behind what the user has there. Until
// puma's server is loaded, the adapter is one trace of the ends of classes, which no program sees. Then it changes
// Puma::Server and Puma::Client (adapter/puma.rb), and each server of a process connects to hotswap when it begins to
// accept. A puma of another shape, one without the queue for requests (queue_requests false), JRuby and TruffleRuby run
// as without the adapter.
//
// # What the adapter does in a drain
//
// puma's reactor is a thread that has all connections on which no whole request has come. The adapter's link is one of
// the reactor's clients, so all that concerns a connection that rests happens in one thread, and none is added.
//
//   - A connection is between two requests when puma's parser and buffer are empty and no request is ready. The
//     reactor's thread gives it away. A thread that would read it sends it to the reactor, unread.
//   - puma before 7 waits 0.2 s in the thread that has answered for the next request. That connection is given after
//     that time, or when the request has begun to arrive.
//   - A connection from another process becomes a Client as in puma's own loop, and rests in the reactor.
//   - Connections over TLS, and those that begin with a line of the PROXY protocol, never move. Their answer says
//     'Connection: close', because puma reads HTTP_CONNECTION of the request's environment behind the application.
//   - An event stream ends between two events: the adapter writes the last chunk and shuts the socket down for writing.
//     What the program writes later meets a client that has gone.
//   - An answer flows if the kernel has counted bytes in either direction within 15 s (tcp_info; of a unix socket, if
//     what waits for the client has changed).
//   - Sockets that the program has taken over (rack.hijack) are the program's. They count as busy in a drain in which
//     WebSockets end. Those of Action Cable end then, by its own server.restart, which tells clients to reconnect, and
//     waits for other threads: it has a thread for that time.
package ruby

import (
	"embed"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
)

//go:embed adapter
var files embed.FS

var bundle = assets.New(files, "adapter", "ruby")

const variable = "RUBYOPT"

// Environ returns env with the adapter. Where no folder can have its files, or Ruby could not read the folder's name,
// that is env.
func Environ(env []string) []string {
	dir, err := bundle.Unpack(bundle.Folders())
	options, load := handoff.Value(env, variable), "-r"+filepath.Join(dir, "hotswap")
	if err != nil || strings.ContainsAny(dir, " \t") || strings.Contains(options, load) {
		return env
	}
	return append(handoff.Without(env, variable), variable+"="+strings.TrimLeft(options+" "+load, " "))
}
