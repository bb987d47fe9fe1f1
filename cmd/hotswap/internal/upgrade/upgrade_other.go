//go:build !linux

package upgrade

import (
	"errors"
	"net"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// hand cannot: gates are handed over on Linux only.
func (r *Upgrade) hand(handoff.GenID, Target) (*proc.Handle, error) {
	return nil, errors.ErrUnsupported
}

func inherit(*tableflip.Upgrader) (state, *net.UnixConn, error) {
	return state{}, nil, errors.ErrUnsupported
}
