package drain

import (
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// end ends connections of the processes, whose cookies are known by inode, in both directions. A duplicate of the
// program's descriptor lives for that moment only.
func end(tree []int, cookies map[uint64]uint64) {
	for _, pid := range tree {
		_ = procfs.Sockets(pid, func(tid, fd int, inode uint64) {
			cookie, wanted := cookies[inode]
			if !wanted {
				return
			}
			duplicate, err := procfs.Duplicate(pid, tid, fd)
			if err != nil {
				return
			}
			defer unix.Close(duplicate)
			now, err := unix.GetsockoptUint64(duplicate, unix.SOL_SOCKET, unix.SO_COOKIE)
			if err == nil && now == cookie && unix.Shutdown(duplicate, unix.SHUT_RDWR) == nil {
				delete(cookies, inode)
			}
		})
	}
}
