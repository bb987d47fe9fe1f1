package listenfds

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
)

// First is the number of the first passed socket (SD_LISTEN_FDS_START), High
// that of its copy.
const (
	First = 3
	High  = 200
)

// Transport passes the declared endpoints on.
type Transport struct {
	registry *handoff.Registry
	names    map[handoff.Endpoint]string
	probe    handoff.Probe
}

var _ handoff.Transport = (*Transport)(nil)

// New makes the transport. names are for LISTEN_FDNAMES; an endpoint without
// one is called "unknown", as systemd does. A program that was handed its
// socket need not call listen: probe tells when it serves.
func New(r *handoff.Registry, names map[handoff.Endpoint]string, probe handoff.Probe) *Transport {
	return &Transport{registry: r, names: names, probe: probe}
}

// Name is "listenfds".
func (t *Transport) Name() string { return "listenfds" }

// Prepare allots the generation a socket on each declared endpoint.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	endpoints, fds, err := t.registry.Allot(l.Gen)
	if err != nil {
		return nil, fmt.Errorf("listenfds: %w", err)
	}
	for i, fd := range fds {
		if err := block(fd); err != nil {
			return nil, fmt.Errorf("listenfds: %w", err)
		}
		l.Files = append(l.Files, handoff.Inherit{FD: fd, At: First + i}, handoff.Inherit{FD: fd, At: High + i})
	}
	l.Env = append(Without(l.Env), Variables(endpoints, t.names)...)
	l.ListenPID = len(fds) > 0
	return &session{gen: l.Gen, endpoints: endpoints, probe: t.probe}, nil
}

type session struct {
	gen       handoff.GenID
	endpoints []handoff.Endpoint
	probe     handoff.Probe
}

// Run reports each endpoint when the generation serves it.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	if r.Wait(ctx) != nil { // a question that waits keeps others from asking
		return nil
	}
	var probes sync.WaitGroup
	errs := make([]error, len(s.endpoints))
	for i, e := range s.endpoints {
		probes.Go(func() {
			if err := s.probe(ctx, s.gen, e); err == nil {
				report(handoff.Listening{Gen: s.gen, Endpoint: e})
			} else if ctx.Err() == nil {
				errs[i] = err
			}
		})
	}
	probes.Wait()
	return errors.Join(errs...)
}

// variables are those that speak of passed sockets.
var variables = []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_FDS_FIRST_FD", "SERVER_STARTER_PORT"}

// Without is env without what our own parent said about sockets passed to us:
// those numbers mean nothing to the program.
func Without(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return slices.Contains(variables, key)
	})
}

// Variables says which sockets are passed, in the order of their numbers.
func Variables(endpoints []handoff.Endpoint, names map[handoff.Endpoint]string) []string {
	if len(endpoints) == 0 {
		return nil
	}
	var called, ports []string
	for i, e := range endpoints {
		name := names[e]
		if name == "" {
			name = "unknown"
		}
		called = append(called, name)
		ports = append(ports, e.Addr.String()+"="+strconv.Itoa(High+i))
	}
	return []string{
		"LISTEN_FDS=" + strconv.Itoa(len(endpoints)),
		"LISTEN_FDNAMES=" + strings.Join(called, ":"),
		"LISTEN_FDS_FIRST_FD=" + strconv.Itoa(High),
		"SERVER_STARTER_PORT=" + strings.Join(ports, ";"),
	}
}
