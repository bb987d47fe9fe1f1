//go:build !linux

package record

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// boot identifies this run of the kernel: macOS calls that kern.bootsessionuuid, FreeBSD kern.boot_id.
var boot = sync.OnceValue(func() string {
	for _, name := range []string{"kern.bootsessionuuid", "kern.boot_id"} {
		if id, err := unix.SysctlRaw(name); err == nil {
			return fmt.Sprintf("%x", id)
		}
	}
	return "unknown"
})

// namespace returns "": all processes are of one.
func namespace() string { return "" }
