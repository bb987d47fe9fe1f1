module github.com/hotswap-dev/hotswap/bench

go 1.26.0

// Packages of npm have Go files, too.
ignore ./stacks

replace github.com/hotswap-dev/hotswap => ../

require (
	github.com/hotswap-dev/hotswap v0.0.0-00010101000000-000000000000
	github.com/rogpeppe/go-internal v1.16.0
	golang.org/x/sys v0.49.0
)

require (
	github.com/coder/websocket v1.8.15 // indirect
	golang.org/x/tools v0.42.0 // indirect
)
