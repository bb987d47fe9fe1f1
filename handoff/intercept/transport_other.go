//go:build !linux

package intercept

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// Transport exists on Linux only.
type Transport struct{ handoff.Transport }

// New returns [ErrUnsupported].
func New(*reuseport.Registry, handoff.Probe) (*Transport, error) { return nil, ErrUnsupported }

// Try returns [ErrUnsupported].
func (*Transport) Try() error { return ErrUnsupported }

// Writes returns nil.
func (*Transport) Writes() *Writes { return nil }

// Builds is nothing.
func (*Transport) Builds() handoff.Transport { return nil }
