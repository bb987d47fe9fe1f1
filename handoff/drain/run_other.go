//go:build !linux

package drain

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Run returns ErrUnsupported.
func (d *Drain) Run(context.Context, func(Report)) error { return ErrUnsupported }

// Exempt does nothing: no input is held.
func (d *Drain) Exempt(int) {}

// CanGetFD returns false: pidfd_getfd exists on Linux only.
func CanGetFD([]int) bool { return false }

// Cut ends nothing.
func Cut([]int, []handoff.Endpoint) int { return 0 }
