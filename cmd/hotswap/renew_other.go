//go:build !linux

package main

import (
	"errors"
	"net"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// hand cannot: gates are handed over on Linux only.
func (r *renewal) hand(handoff.GenID, upgradeTarget) (*proc.Handle, error) {
	return nil, errors.ErrUnsupported
}

func inherit(*tableflip.Upgrader) (estate, *net.UnixConn, error) {
	return estate{}, nil, errors.ErrUnsupported
}
