package unixpath

import (
	"os"
	"path"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// RemoveLeftovers removes the names that a killed hotswap has left of sockets at which nobody listens, and the path if
// it leads to one of them. It is for a path that is no gate's.
func RemoveLeftovers(e handoff.Endpoint) {
	_ = in(e, func(d folder) error {
		all, _ := os.ReadDir(path.Dir(e.Path))
		for _, entry := range all {
			name := entry.Name()
			number, ours := strings.CutPrefix(name, "."+d.base+".hotswap-")
			if !ours || strings.Trim(number, "0123456789~") != "" {
				continue
			}
			if left, there := d.stat(name); there && handoff.Deserted(d.address(name).Name) {
				d.remove(d.base, left.Ino)
				d.remove(name, left.Ino)
			}
		}
		return nil
	})
}
