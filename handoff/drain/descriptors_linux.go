package drain

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// sockets calls each for every socket in the descriptor table of a process. A
// process that has ended, or may not be read, has none.
func sockets(pid int, each func(fd int, inode uint64)) {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1) // ESRCH mid-way: what was read counts
	at := int(f.Fd())
	buf := make([]byte, 64)
	for _, name := range names {
		n, err := unix.Readlinkat(at, name, buf)
		if err != nil {
			continue
		}
		text, ok := strings.CutPrefix(string(buf[:n]), "socket:[")
		if !ok {
			continue
		}
		inode, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64)
		if err != nil {
			continue
		}
		if fd, err := strconv.Atoi(name); err == nil {
			each(fd, inode)
		}
	}
}

// again repeats a system call that a signal interrupted.
func again[T any](call func() (T, error)) (T, error) {
	for {
		v, err := call()
		if err != unix.EINTR {
			return v, err
		}
	}
}
