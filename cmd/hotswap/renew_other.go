//go:build !linux

package main

import (
	"context"
	"errors"
	"net"

	"github.com/cloudflare/tableflip"
)

// hand cannot: gates are handed over on Linux only.
func (r *renewal) hand(context.Context, *machinery) (int, error) { return 0, errors.ErrUnsupported }

func inherit(*tableflip.Upgrader) (estate, *net.UnixConn, error) {
	return estate{}, nil, errors.ErrUnsupported
}
