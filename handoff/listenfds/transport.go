package listenfds

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// First is the number of the first passed socket (SD_LISTEN_FDS_START).
const First = 3

// Passed is a socket that is passed to each generation.
type Passed struct {
	Name string // for LISTEN_FDNAMES; "" becomes "unknown", as with systemd
	// Endpoint is a declared endpoint: each generation gets a gate of its own there. If it is zero, all
	// generations get FD.
	Endpoint handoff.Endpoint
	FD       int
}

// PerGeneration reports whether each generation gets a socket of its own.
func (p Passed) PerGeneration() bool { return p.Endpoint != handoff.Endpoint{} }

// Transport passes sockets.
type Transport struct {
	registry *reuseport.Registry
	passed   []Passed
	probe    handoff.Probe
}

// New returns a transport that passes sockets in this order. A program that was passed a listening socket
// need not call listen, so probe finds out when it serves.
func New(r *reuseport.Registry, passed []Passed, probe handoff.Probe) *Transport {
	return &Transport{registry: r, passed: passed, probe: probe}
}

// Prepare gives the generation a gate on each declared endpoint.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	endpoints, fds, err := t.registry.AssignDeclared(l.Gen)
	if err != nil {
		return nil, fmt.Errorf("listenfds: %w", err)
	}
	var called []string
	for i, p := range t.passed {
		called = append(called, cmp.Or(p.Name, "unknown"))
		fd := p.FD
		if p.PerGeneration() {
			at := slices.Index(endpoints, p.Endpoint)
			if at < 0 {
				return nil, fmt.Errorf("listenfds: %s: %w", p.Endpoint, reuseport.ErrNoGate)
			}
			fd = fds[at]
			// Programs expect a passed socket to block, as systemd passes it (systemd.socket(5), NonBlocking=). It is a
			// flag of the open file, so the next generation would inherit what the last one set.
			if err := unix.SetNonblock(fd, false); err != nil {
				return nil, fmt.Errorf("listenfds: %w", err)
			}
		}
		l.Files = append(l.Files, handoff.Inherit{FD: fd, At: First + i})
	}
	l.Env = handoff.Without(l.Env, Names...)
	l.ListenPID = len(t.passed) > 0
	if l.ListenPID {
		l.Env = append(l.Env, "LISTEN_FDS="+strconv.Itoa(len(t.passed)), "LISTEN_FDNAMES="+strings.Join(called, ":"))
	}
	return &session{t, l.Gen, endpoints}, nil
}

type session struct {
	*Transport
	gen       handoff.GenID
	endpoints []handoff.Endpoint
}

// Run reports each endpoint when the generation serves it. A program may close a socket that it does not want.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	if r.Wait(ctx) != nil { // only one probe at a time can be made at an endpoint
		return nil
	}
	var probes sync.WaitGroup
	errs := make([]error, len(s.endpoints))
	for i, e := range s.endpoints {
		probes.Go(func() {
			switch err := s.probe(ctx, s.gen, e); {
			case err == nil:
				report(handoff.Listening{Gen: s.gen, Endpoint: e})
			case ctx.Err() == nil && !errors.Is(err, reuseport.ErrListenerClosed):
				errs[i] = err
			}
		})
	}
	probes.Wait()
	return errors.Join(errs...)
}

// Names are the variables that describe sockets passed to a process.
var Names = []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES", "LISTEN_FDS_FIRST_FD"}
