package proc

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// hasChildren reports whether the kernel lists children (CONFIG_PROC_CHILDREN).
var hasChildren = sync.OnceValue(func() bool {
	_, err := os.Stat(procfs.Thread(os.Getpid(), os.Getpid()).Path("children"))
	return err == nil
})

// children reads /proc/PID/task/*/children, where each thread has the children that it forked (proc_pid_task(5)).
// Children of a thread that ends fall to another thread, usually the main one. So the main thread is read last. (A
// keeper's thread ends right after its fork.)
func children(pid int) (out []int, err error) {
	dir, main := procfs.Of(pid).Path("task"), strconv.Itoa(pid)
	var buf [256]byte
	read := func(at int, path string) {
		b, wrong := procfs.ReadAt(at, path, buf[:0])
		if wrong != nil && err == nil && !procfs.Over(wrong) {
			err = wrong
		}
		for _, f := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(f); err == nil && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	wrong := procfs.List(dir, func(at int, name string) {
		if name != main {
			read(at, name+"/children")
		}
	})
	if wrong != nil {
		return out, wrong
	}
	read(unix.AT_FDCWD, dir+"/"+main+"/children")
	return out, err
}
