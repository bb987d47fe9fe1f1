package record

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// boot identifies this run of the kernel (random(4)).
var boot = sync.OnceValue(func() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if id := strings.TrimSpace(string(b)); id != "" {
		return id
	}
	return "unknown"
})

// namespace identifies the pid namespace (namespaces(7)).
var namespace = sync.OnceValue(func() string {
	name, _ := os.Readlink("/proc/self/ns/pid")
	return name
})

// lockOwner names the process that has the file locked, as in ", process 7", by
// /proc/locks (proc_locks(5)). Empty if not known.
func lockOwner(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	file := fmt.Sprintf("%02x:%02x:%d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	b, _ := os.ReadFile("/proc/locks")
	for line := range strings.Lines(string(b)) {
		// 1: FLOCK ADVISORY WRITE 7 08:02:1234 0 EOF
		words := strings.Fields(line)
		if len(words) > 5 && words[1] == "FLOCK" && words[4] != "0" && words[5] == file {
			return ", process " + words[4]
		}
	}
	return ""
}
