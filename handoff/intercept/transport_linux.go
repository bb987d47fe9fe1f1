package intercept

import (
	"fmt"
	"runtime"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Transport intercepts. It is handoff.Transport, and needs no preparation of
// the program.
type Transport struct {
	registry *handoff.Registry
	filter   []byte
	probe    handoff.Probe
}

var _ handoff.Transport = (*Transport)(nil)

// New makes the transport for this machine, or says [ErrUnsupported]. Whether
// the kernel lets us is another question: see shim.Try. A generation listens
// when probe has been accepted; without one, when it has called listen.
func New(r *handoff.Registry, probe handoff.Probe) (*Transport, error) {
	filter, err := Filter(runtime.GOARCH)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	return &Transport{registry: r, filter: filter, probe: probe}, nil
}

// Name is "intercept".
func (t *Transport) Name() string { return "intercept" }

// Prepare has the filter installed before the program is executed.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	l.Filter = t.filter
	return &session{gen: l.Gen, registry: t.registry, probe: t.probe}, nil
}
