package systemd

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// Activation is what a socket activator (systemd, systemd-socket-activate) has passed to
// hotswap, by number. Each generation gets a socket of its own for a listener of TCP or at a path; every
// other descriptor is passed on unchanged.
type Activation []listenfds.Passed

// OpenActivation takes over what was passed to this process, if anything was. It removes the
// variables that say so, because their numbers mean nothing to the program.
func OpenActivation() (Activation, error) {
	n, names, err := readActivation(os.Getenv, os.Getpid())
	for _, name := range listenfds.Names {
		os.Unsetenv(name)
	}
	if err != nil || n == 0 {
		return nil, err
	}
	var a Activation
	for i := range n {
		s := listenfds.Passed{Name: names[i], FD: listenfds.First + i}
		s.Endpoint, err = endpointAt(s.FD)
		if err != nil {
			return nil, fmt.Errorf("LISTEN_FDS=%d: descriptor %d: %w", n, s.FD, err)
		}
		if slices.Contains(a.Endpoints(), s.Endpoint) { // two sockets of one address (ReusePort=)
			s.Endpoint = handoff.Endpoint{}
		}
		a = append(a, s)
	}
	return a, nil
}

// maxActivation is more than systemd passes.
const maxActivation = 197

var errActivation = errors.New("the socket activator's variables make no sense")

// readActivation reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES as sd_listen_fds(3) does:
// they are meant for another process unless LISTEN_PID is pid.
func readActivation(getenv func(string) string, pid int) (n int, names []string, err error) {
	if id, err := strconv.Atoi(getenv("LISTEN_PID")); err != nil || id != pid {
		return 0, nil, nil
	}
	text := getenv("LISTEN_FDS")
	n, err = strconv.Atoi(text)
	if err != nil || n < 0 || n > maxActivation {
		return 0, nil, fmt.Errorf("LISTEN_FDS=%s: %w", text, errActivation)
	}
	names = make([]string, n)
	copy(names, strings.Split(getenv("LISTEN_FDNAMES"), ":"))
	return n, names, nil
}

// Passed returns what each generation gets by number: first what the activator passed, then
// the addresses of --listen, in their order.
func (a Activation) Passed(listen []handoff.Endpoint) (out Activation) {
	out = slices.Clone(a)
	for _, e := range listen {
		if !slices.Contains(a.Endpoints(), e) {
			out = append(out, listenfds.Passed{Endpoint: e})
		}
	}
	return out
}

// Endpoints returns the listeners of which each generation gets its own.
func (a Activation) Endpoints() (out []handoff.Endpoint) {
	for _, s := range a {
		if s.PerGeneration() {
			out = append(out, s.Endpoint)
		}
	}
	return out
}

// Shared names the other descriptors.
func (a Activation) Shared() (out []string) {
	for _, s := range a {
		if !s.PerGeneration() {
			out = append(out, strings.TrimSpace(fmt.Sprintf("descriptor %d %s", s.FD, s.Name)))
		}
	}
	return out
}

// Adopt makes the registry the owner of the listeners, unless it has inherited them.
// It returns the listeners of which only one generation at a time can have a socket.
func (a Activation) Adopt(r *reuseport.Registry) (single []handoff.Endpoint, err error) {
	for _, s := range a {
		if !s.PerGeneration() || r.Declared(s.Endpoint) {
			continue
		}
		switch err := r.Adopt(s.Endpoint, s.FD); {
		case errors.Is(err, reuseport.ErrSingle):
			single = append(single, s.Endpoint)
		case err != nil:
			return nil, fmt.Errorf("the socket activator's %s: %w", s.Endpoint.Short(), err)
		}
	}
	return single, nil
}

// Freeze returns the activation, and its descriptors that are no gates.
func (a Activation) Freeze() (same any, fds []int, err error) {
	for _, s := range a {
		if !s.PerGeneration() { // else the registry has the descriptor
			fds = append(fds, s.FD)
		}
	}
	return a, fds, nil
}

// Inherit takes over the activation that the parent of this hotswap has frozen.
func (a *Activation) Inherit(left func(activation any) (fds []int)) error {
	fds := left(a)
	for i := range *a {
		if s := &(*a)[i]; !s.PerGeneration() && len(fds) > 0 {
			s.FD, fds = fds[0], fds[1:]
		}
	}
	return nil
}
