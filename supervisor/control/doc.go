// Package control lets other processes talk to a running hotswap: HTTP with JSON over
// a unix-domain socket. It holds the wire types, the server and the client.
//
// # The protocol, version 1
//
//	GET  /v1/status    200, the status (supervisor.Status)
//	GET  /v1/why       ?path=/absolute: what a change of that file does ([Why])
//	GET  /v1/logs      what the programs have written ([LogQuery], one [LogLines] a line)
//	GET  /v1/events    server-sent events: hotswap's own lines, after the one of the header Last-Event-ID
//	POST /v1/reload    starts a new generation, answers when it serves or has failed
//	POST /v1/wait      answers what has become of the newest change of files
//	POST /v1/rollback  directs clients back to the generation that served before
//	POST /v1/pause     keeps changes of files from becoming swaps (?for=2m: for that time); answers at once
//	POST /v1/hold      does so until the client disconnects, or resumes by the name (?hold=) in the answer, which comes at once
//	POST /v1/resume    makes one swap of the changes that were kept; answers at once
//	POST /v1/stop      drains and ends; answers when no process is left
//
// The commands take no body and answer 200 with a [Result], whatever the outcome. Any other answer is an error:
// {"error": "…", "code": "…"}. The code is empty or [CodeMoved]. Version 1 may gain fields; no field changes its
// meaning or disappears. By hand:
//
//	curl --unix-socket "$HOTSWAP_CONTROL" http://hotswap/v1/status
//	curl --unix-socket "$HOTSWAP_CONTROL" -X POST http://hotswap/v1/reload
//
// # Access
//
// The user that hotswap runs as, and root. The socket has mode 0600, and the server also asks the kernel who connected
// (SO_PEERCRED, unix(7)), because somebody could change the mode or share the directory.
//
// # Limits
//
// A client has 5 s to send its request and 5 s to take the answer, and may send one
// request per connection. At most [maxClients] connections are open, so that swaps
// find descriptors: for one more, one of the process closes that has the most of those whose request has not begun,
// and its client asks again. Of these, [maxWaiting] may read the log
// or the events, hold changes back or wait for a swap, so that "hotswap stop" is heard. A reader that does not take
// what it gets within 5 s is disconnected: the log and the events have a bound, not each reader. A command runs to its
// end even if its client disconnects. Connections of other users are closed.
//
// # Upgrade
//
// The child binds its socket beside the path and renames it over the path ([Server.Publish]), so that a hotswap answers
// at any time. The parent removes no socket but its own.
package control
