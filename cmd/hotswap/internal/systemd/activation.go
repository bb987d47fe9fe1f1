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

// activation is what a socket activator (systemd, systemd-socket-activate) has
// passed to hotswap, in the order of their numbers.
type Activation []InheritedSocket

// inheritedSocket is one of its sockets.
type InheritedSocket struct {
	listenfds.Passed
	What string // of one that is passed on as it is: "unix /run/app.sock"
}

// OpenActivation takes over what was passed to this process, if anything was. The
// variables that say so are removed: their numbers mean nothing to the program.
func OpenActivation() (Activation, error) {
	n, names, err := readActivation(os.Getenv, os.Getpid())
	for _, kv := range os.Environ() {
		if len(listenfds.Without([]string{kv})) == 0 {
			name, _, _ := strings.Cut(kv, "=")
			_ = os.Unsetenv(name)
		}
	}
	if err != nil || n == 0 {
		return nil, err
	}
	var a Activation
	for i := range n {
		s := InheritedSocket{Passed: listenfds.Passed{Name: names[i], FD: listenfds.First + i}}
		if s.Endpoint, s.What, err = SocketAt(s.FD); err != nil {
			return nil, fmt.Errorf("LISTEN_FDS=%d: descriptor %d: %w", n, s.FD, err)
		}
		if s.Alone() && a.has(s.Endpoint) { // two sockets of one address (ReusePort=)
			s.What, s.Endpoint = s.Endpoint.String()+", once more", handoff.Endpoint{}
		}
		a = append(a, s)
	}
	return a, nil
}

// maxActivation is more than systemd passes; sockets below listenfds.High only.
const maxActivation = listenfds.High - listenfds.First

var errActivation = errors.New("the socket activator's variables make no sense")

// readActivation reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES as sd_listen_fds(3)
// does: they are another process's unless LISTEN_PID is ours.
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
	for i, name := range strings.Split(getenv("LISTEN_FDNAMES"), ":") {
		if i < n {
			names[i] = name
		}
	}
	return n, names, nil
}

func (a Activation) has(e handoff.Endpoint) bool {
	for _, s := range a {
		if s.Endpoint == e {
			return true
		}
	}
	return false
}

// passed is what each generation gets by number: what the activator has passed, in
// its order, and then the addresses of --listen.
func (a Activation) Passed(listen []handoff.Endpoint, names map[handoff.Endpoint]string) (out []listenfds.Passed) {
	for _, s := range a {
		out = append(out, s.Passed)
	}
	listen = slices.Clone(listen)
	slices.SortFunc(listen, func(a, b handoff.Endpoint) int { return a.Addr.Compare(b.Addr) })
	for _, e := range listen {
		if !a.has(e) {
			out = append(out, listenfds.Passed{Name: names[e], Endpoint: e})
		}
	}
	return out
}

// endpoints are those of the TCP listeners, of which each generation gets a socket
// of its own.
func (a Activation) Endpoints() (out []handoff.Endpoint) {
	for _, s := range a {
		if s.Alone() {
			out = append(out, s.Endpoint)
		}
	}
	return out
}

// shared are the others, for people.
func (a Activation) Shared() (out []string) {
	for _, s := range a {
		if !s.Alone() {
			out = append(out, s.What)
		}
	}
	return out
}

// serves reports whether the program is known to be a server: somebody has named an
// address of it, or has passed a listener.
func (a Activation) Serves(listen []handoff.Endpoint) bool {
	return len(listen)+len(a.Endpoints()) > 0
}

// adopt makes the registry the owner of the TCP listeners, unless it has inherited
// them. single are those that only one generation at a time can have.
func (a Activation) Adopt(r *reuseport.Registry) (single []handoff.Endpoint, err error) {
	for _, s := range a {
		if !s.Alone() || r.Declared(s.Endpoint) {
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
