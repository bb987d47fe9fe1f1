// Package js has the JavaScript that processes of Node and of Bun load. The folder bun has the adapter of Bun, which
// shares files with that of Node: all the rest.
package js

import (
	"embed"

	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
)

//go:embed *.cjs bun drain held modules remember standby websocket
var files embed.FS

// Bundle has both adapters.
var Bundle = assets.New(files, ".", "node")
