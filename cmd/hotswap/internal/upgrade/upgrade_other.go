//go:build !linux

package upgrade

import (
	"errors"
	"net"

	"github.com/cloudflare/tableflip"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func (u *Upgrade) transfer(handoff.GenID) (*proc.Handle, error) { return nil, errors.ErrUnsupported }

func inherit(*tableflip.Upgrader) (State, *net.UnixConn, error) {
	return State{}, nil, errors.ErrUnsupported
}
