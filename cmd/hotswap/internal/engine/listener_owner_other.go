//go:build !linux

package engine

import "github.com/hotswap-dev/hotswap/handoff"

// ListenerOwner is not known here.
func ListenerOwner(handoff.Endpoint) (pid int, name string) { return 0, "" }
