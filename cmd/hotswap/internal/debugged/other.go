//go:build !linux

package debugged

import (
	"context"
	"net"
	"net/netip"
)

// prompt is a plain connection here.
type prompt struct{ net.Conn }

func findTraced(context.Context, []int) *Stop                    { return nil }
func findInspected(context.Context, []int, netip.AddrPort) *Stop { return nil }
