// Package js has the JavaScript that processes of Node and of Bun load. Bun's adapter is in the folder bun, and
// shares files with Node's, which is all the rest.
package js

import "embed"

//go:embed *.cjs bun drain modules remember standby websocket
var Files embed.FS
