package intercept

import (
	"fmt"
	"os"
	"runtime"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/handoff/writes"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Transport intercepts bind and listen. It needs no preparation of the program.
type Transport struct {
	registry *reuseport.Registry
	probe    handoff.Probe // or nil
	// Writes notes the files that generations and builds write, of those that start from now on; nil: nothing does.
	Writes *writes.Writes
	// Ports has programs that start from now on bind other ports than those in their code, and connect to them; nil:
	// ports in a program's code mean themselves.
	Ports Ports
}

// New returns the transport, or an error if the kernel does not let this process install the filter; [ErrUnsupported]
// on another machine. A generation listens when probe says so; without a probe, when it has called listen.
func New(r *reuseport.Registry, probe handoff.Probe) (*Transport, error) {
	if err := Try(); err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	return &Transport{registry: r, probe: probe}, nil
}

// Try returns an error if the kernel does not let this process install the filter.
func Try() error {
	filter, err := Filter(runtime.GOARCH, Sockets|Writing)
	if err != nil {
		return err
	}
	return seccomp.Try(filter)
}

// Prepare adds the filter, which is installed before the program is executed.
func (t *Transport) Prepare(l *handoff.Launch) (_ handoff.Session, err error) {
	s := &session{Transport: *t, gen: l.Gen}
	calls := Sockets
	if s.Ports != nil {
		calls |= Leading
	}
	if len(t.registry.UnixEndpoints()) > 0 {
		calls |= Connects
	}
	if _, err := procfs.Duplicate(os.Getpid(), os.Getpid(), -1); forbidden(err) {
		calls |= Options
	}
	if s.Writes != nil {
		calls |= Writing
		if s.Writes.Reads("") {
			calls |= Reading
		}
	}
	l.Filter, err = Filter(runtime.GOARCH, calls)
	return s, err
}

// Builds returns the transport for builds, which notifies of their writes if that is wanted, or if the launch wants it,
// because an ordinary user's build may not use sudo then (no_new_privs). The Gen of a launch is the number of the
// build.
func (t *Transport) Builds() handoff.Transport { return builds{t} }

type builds struct{ *Transport }

// Prepare adds the filter if writes are wanted.
func (b builds) Prepare(l *handoff.Launch) (_ handoff.Session, err error) {
	s, calls := &session{Transport: *b.Transport, gen: l.Gen, build: true}, Calls(0)
	if b.Writes != nil && (l.Writes || b.Writes.Builds()) {
		calls |= Writing
	} else {
		s.Writes = nil
	}
	if b.Ports != nil {
		calls |= Leading
	}
	if calls == 0 {
		return nil, nil
	}
	l.Filter, err = Filter(runtime.GOARCH, calls)
	return s, err
}
