package engine

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/peercred"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// heldConfig returns how Linux lets programs ask hotswap for sockets. low says that the program may have ports below 1024,
// whoever runs it.
func heldConfig(tmp *scratch.Folder, r *reuseport.Registry, low bool) held.Config {
	return held.Config{
		Open: func() (l *net.UnixListener, path string, remove func(), err error) {
			const name = "socket"
			dir, err := tmp.Socket("held-", name, func(path string) (err error) {
				l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
				return err
			})
			remove = func() { _ = os.RemoveAll(dir) }
			if err != nil {
				remove()
				return nil, "", nil, err
			}
			l.SetUnlinkOnClose(false) // the path is not the listener's
			return l, filepath.Join(dir, name), remove, nil
		},
		Peer: func(c *net.UnixConn, tree func() []int) (uid, pid int, ok bool) {
			if uid, _, err := peercred.Of(c); err == nil {
				pid, ok = peercred.Belongs(c, tree)
				return uid, pid, ok
			}
			return 0, 0, false
		},
		Own: func(tree, connected []int) []handoff.Endpoint { return ownListeners(r, tree, connected) },
		Denies: func(uid int, port uint16) bool {
			return uid != os.Geteuid() && port < firstOfAll() && !low
		},
		Declared: func(gen handoff.GenID, e handoff.Endpoint) (fd int, ok bool) {
			if !r.Declared(e) {
				return -1, false
			}
			plan, err := r.Bind(reuseport.BindRequest{Gen: gen, Endpoint: e, StillOpen: func(uint64) bool { return true }, Excluded: func() bool { return false }})
			return plan.Fd, err == nil && plan.Action == reuseport.Inject
		},
	}
}

// firstOfAll returns the first port that needs no privilege (ip(7), ip_unprivileged_port_start).
func firstOfAll() uint16 {
	b, _ := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 16)
	if err != nil {
		return 1024
	}
	return uint16(n)
}

// ownListeners returns the addresses at which processes of the tree listen by sockets that are no gates, but for debuggers'
// and for the processes that are connected.
func ownListeners(r *reuseport.Registry, tree, connected []int) (out []handoff.Endpoint) {
	sockets, _ := sockdiag.Listeners(false, 0) // where a sandbox forbids sock_diag none is known
	for _, pid := range tree {
		if slices.Contains(connected, pid) {
			continue
		}
		_ = fdtable.Sockets(pid, func(_, _ int, inode uint64) {
			s, listens := sockets[inode]
			if !listens || r.IsGate(inode) || intercept.Debugs(pid, s.Local.Port()) {
				return
			}
			e := handoff.Endpoint{Network: "tcp6", Addr: s.Local}
			if s.Local.Addr().Is4() {
				e.Network = "tcp4"
			}
			if !slices.Contains(out, e) {
				out = append(out, e)
			}
		})
	}
	return out
}
