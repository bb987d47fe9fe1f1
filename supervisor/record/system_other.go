//go:build !linux

package record

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// boot identifies this run of the kernel.
var boot = sync.OnceValue(func() string {
	id, err := unix.SysctlRaw("kern.bootsessionuuid")
	if err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%x", id)
})

// namespace returns "": all processes are of one.
func namespace() string { return "" }
