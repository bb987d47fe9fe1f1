// Package js has the JavaScript that processes of Node and of Bun load. The folder bun has the adapter of Bun, which
// shares files with that of Node: all the rest.
package js

import "embed"

//go:embed *.cjs bun drain held modules remember standby websocket
var Files embed.FS
