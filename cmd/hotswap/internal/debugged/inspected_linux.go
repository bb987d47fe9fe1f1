package debugged

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// findInspected returns the process that a debugger, connected at this address, has stopped,
// or nil.
func findInspected(ctx context.Context, tree []int, at netip.AddrPort) *Stop {
	pid, clients, err := attached(tree, at.Port())
	if err != nil || pid == 0 || !speaks(pid) || waitsForEvents(pid) {
		return nil
	}
	s, stopped := open(ctx, reachable(at))
	if s == nil {
		return nil
	}
	// The address may lead to another process by now, a boot that waits for its debugger.
	if to, _, err := attached([]int{pid}, at.Port(), s.local); err != nil || !stopped || to == 0 {
		s.close()
		return nil
	}
	return &Stop{PID: pid, Wait: func(ctx context.Context) {
		s.await(ctx, func() (bool, error) {
			_, now, err := attached([]int{pid}, at.Port())
			return !slices.ContainsFunc(clients, func(c netip.AddrPort) bool { return slices.Contains(now, c) }), err
		})
	}}
}

// attached returns the process of the tree that has connections at a local port, and the
// addresses of its clients; pid 0: none has, unless there is an error. With only, connections of these clients count.
func attached(tree []int, port uint16, only ...netip.AddrPort) (pid int, clients []netip.AddrPort, err error) {
	sockets, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Established}, Port: port})
	if err != nil || len(sockets) == 0 {
		return 0, nil, err
	}
	remote := map[uint64]netip.AddrPort{}
	for _, s := range sockets {
		from := netip.AddrPortFrom(s.Remote.Addr().Unmap(), s.Remote.Port())
		if len(only) == 0 || slices.Contains(only, from) {
			remote[s.Inode] = from
		}
	}
	for _, pid := range tree {
		err = errors.Join(err, fdtable.Sockets(pid, func(_, _ int, inode uint64) {
			if from, ok := remote[inode]; ok {
				clients = append(clients, from)
			}
		}))
		if len(clients) > 0 {
			return pid, clients, nil
		}
	}
	return 0, nil, err
}

// speaks reports whether a process has V8's inspector.
func speaks(pid int) bool {
	exe, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	name := strings.TrimSuffix(filepath.Base(exe), " (deleted)")
	return err == nil && (handoff.IsNode(name) || name == "deno")
}

// waitsForEvents reports whether the main thread of a process sleeps in epoll_wait(2), as
// the kernel's function that it sleeps in says (proc_pid_wchan(5)). It looks a few times: a
// busy thread sleeps for moments. Where the kernel does not tell, it reports false.
func waitsForEvents(pid int) bool {
	for look := range 5 {
		if look > 0 {
			time.Sleep(time.Millisecond)
		}
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/wchan")
		switch where := string(b); {
		case err != nil:
			return false
		case strings.Contains(where, "epoll"), strings.HasPrefix(where, "ep_poll"):
			return true
		}
	}
	return false
}

// reachable returns the address by which this machine reaches a listener.
func reachable(at netip.AddrPort) netip.AddrPort {
	switch addr := at.Addr(); {
	case !addr.IsUnspecified():
		return at
	case addr.Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), at.Port())
}
