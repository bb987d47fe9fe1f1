module github.com/hotswap-dev/hotswap/examples/state

go 1.26.0

replace github.com/hotswap-dev/hotswap/clients/go => ../../clients/go

require (
	github.com/coder/websocket v1.8.15
	github.com/hotswap-dev/hotswap/clients/go v0.0.0-00010101000000-000000000000
)
