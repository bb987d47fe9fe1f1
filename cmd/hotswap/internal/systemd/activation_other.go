//go:build !linux

package systemd

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// CloseInherited does nothing: descriptors are inherited as without hotswap.
func CloseInherited() {}

// socketAt fails, because there are no socket activators of this kind.
func socketAt(int) (handoff.Endpoint, string, error) {
	return handoff.Endpoint{}, "", errors.ErrUnsupported
}
