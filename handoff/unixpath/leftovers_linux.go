package unixpath

import (
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// RemoveLeftovers removes the names that a killed hotswap has left of sockets at which nobody listens, and the path if
// it leads to one of them, or if nobody listens at its file and that is old. It is for a path that is no gate's.
func RemoveLeftovers(e handoff.Endpoint, old uint64) {
	d, err := openFolder(e)
	if err != nil {
		return
	}
	defer d.close()
	if public, there := d.stat(d.base); there && public.Ino == old && d.deserted(d.base) {
		_ = unix.Unlinkat(d.fd, d.base, 0)
	}
	all, _ := os.ReadDir(path.Dir(e.Path))
	for _, entry := range all {
		number, ours := strings.CutPrefix(entry.Name(), "."+d.base+".hotswap-")
		if !ours || strings.Trim(number, "0123456789~") != "" {
			continue
		}
		left, there := d.stat(entry.Name())
		if !there || !d.deserted(entry.Name()) {
			continue
		}
		if public, there := d.stat(d.base); there && public.Ino == left.Ino {
			_ = unix.Unlinkat(d.fd, d.base, 0)
		}
		_ = unix.Unlinkat(d.fd, entry.Name(), 0)
	}
}
