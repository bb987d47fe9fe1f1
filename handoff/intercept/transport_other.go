//go:build !linux

package intercept

import "github.com/hotswap-dev/hotswap/handoff"

// Transport does not exist here.
type Transport struct{ handoff.Transport }

// New says [ErrUnsupported].
func New(*handoff.Registry, handoff.Probe) (*Transport, error) { return nil, ErrUnsupported }

// Writes are none.
func (*Transport) Writes() *Writes { return nil }
