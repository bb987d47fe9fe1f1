//go:build !linux

package systemd

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// CloseInherited does nothing: descriptors are inherited as without hotswap.
func CloseInherited() {}

// SocketAt is refused: there are no socket activators of this kind.
func SocketAt(int) (handoff.Endpoint, string, error) {
	return handoff.Endpoint{}, "", errors.ErrUnsupported
}
