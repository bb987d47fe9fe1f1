package engine

import (
	"net"
	"os"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/peercred"
)

// heldConfig returns how programs ask hotswap for sockets.
func heldConfig(tmp *scratch.Folder, r *reuseport.Registry) held.Config {
	c := held.Config{
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
	}
	askSystem(&c, r)
	return c
}
