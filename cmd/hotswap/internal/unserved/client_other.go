//go:build !linux

package unserved

import (
	"context"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// client is none: no other kernel shows who waits in a queue, so nobody is accepted.
type client struct{}

func ofUser([]sockdiag.Name) bool             { return false }
func (*Page) attend(_ context.Context, _ int) {}
