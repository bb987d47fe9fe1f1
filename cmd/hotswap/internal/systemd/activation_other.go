//go:build !linux

package systemd

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// CloseInherited does nothing: descriptors are inherited as without hotswap.
func CloseInherited() {}

// endpointAt fails, because there are no socket activators of this kind.
func endpointAt(int) (handoff.Endpoint, error) { return handoff.Endpoint{}, errors.ErrUnsupported }
