//go:build !linux

package intercept

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// Transport does not exist here.
type Transport struct{ handoff.Transport }

// New says [ErrUnsupported].
func New(*reuseport.Registry, handoff.Probe) (*Transport, error) { return nil, ErrUnsupported }

// Try returns [ErrUnsupported].
func (*Transport) Try() error { return ErrUnsupported }

// Writes are none.
func (*Transport) Writes() *Writes { return nil }

// Builds is nothing.
func (*Transport) Builds() handoff.Transport { return nil }
