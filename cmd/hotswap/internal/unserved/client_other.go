//go:build !linux

package unserved

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff/sockets"
)

// client is none: no other kernel shows who waits in a queue, so nobody is accepted.
type client struct{}

func ofUser([]sockets.Conn) bool              { return false }
func (*Page) attend(_ context.Context, _ int) {}
