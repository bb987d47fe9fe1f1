//go:build ((!linux && !darwin) || 386) && !plan9

// hotswap does not run here, but what it runs may compile for this system.
package net

import (
	"context"
	"syscall"
	"time"
)

func hotswapListens(ctx context.Context, network string, laddr *TCPAddr, proto int,
	control func(context.Context, string, string, syscall.RawConn) error) (*netFD, error) {
	return internetSocket(ctx, network, laddr, nil, syscall.SOCK_STREAM, proto, "listen", control)
}
func hotswapAccepts(fd *netFD) (*netFD, error)      { return fd.accept() }
func hotswapAsks(*netFD)                            {}
func hotswapWaits(fd *netFD, until time.Time) error { return fd.SetDeadline(until) }
func hotswapCloses(*netFD)                          {}
