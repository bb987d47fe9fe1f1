package intercept

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// Transport intercepts. It is handoff.Transport, and needs no preparation of
// the program.
type Transport struct {
	registry *reuseport.Registry
	filter   []byte
	wide     []byte // likewise, and notifies of what is written
	probe    handoff.Probe
	network  network
	owners   []string
	writes   Writes
	unixes   unixBook
}

var _ handoff.Transport = (*Transport)(nil)

// New returns the transport for this machine, or [ErrUnsupported]. A generation listens
// when probe has been accepted; without a probe, when it has called listen.
func New(r *reuseport.Registry, probe handoff.Probe) (*Transport, error) {
	filter, err := Filter(runtime.GOARCH, false)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	wide, err := Filter(runtime.GOARCH, true)
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	network, err := ourNetwork()
	if err != nil {
		return nil, fmt.Errorf("intercept: network namespace: %w", err)
	}
	return &Transport{registry: r, filter: filter, wide: wide, probe: probe, network: network, owners: networkOwners()}, nil
}

// Try reports whether the kernel lets this process install the filter.
func (t *Transport) Try() error { return seccomp.Try(t.filter) }

// Writes are what is known of the files that generations write.
func (t *Transport) Writes() *Writes { return &t.writes }

// Name is "intercept".
func (t *Transport) Name() string { return "intercept" }

// Prepare has the filter installed before the program is executed.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("intercept: eventfd: %w", err)
	}
	s := &session{gen: l.Gen, registry: t.registry, probe: t.probe, network: t.network, owners: t.owners, wake: os.NewFile(uintptr(wake), "wake"), unixes: &t.unixes, elsewhereAfter: elsewhereAfter}
	l.Filter = t.filter
	if t.writes.isWanted() {
		l.Filter, s.writes = t.wide, &t.writes
	}
	return s, nil
}
