//go:build !linux

package main

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// closeInherited does nothing: descriptors are inherited as without hotswap.
func closeInherited() {}

// socketAt is refused: there are no socket activators of this kind.
func socketAt(int) (handoff.Endpoint, string, error) {
	return handoff.Endpoint{}, "", errors.ErrUnsupported
}
