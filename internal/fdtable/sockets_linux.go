package fdtable

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// Processes returns the IDs of all visible processes. With an error some may be missing.
func Processes() (pids []int, err error) {
	all, err := os.ReadDir("/proc")
	for _, one := range all {
		if pid, wrong := strconv.Atoi(one.Name()); wrong == nil {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

// HasAny reports whether the process has one of the sockets open, as far as this process may see.
func HasAny[T any](pid int, inodes map[uint64]T) (found bool) {
	_ = Sockets(pid, func(_, _ int, inode uint64) {
		_, is := inodes[inode]
		found = found || is
	})
	return found
}

// Sockets calls each for every socket that the process has open. tid is the thread that has the socket: the
// first thread if that lives. A process that has ended has none. An error means that this process may not
// look: the other is not dumpable (PR_SET_DUMPABLE(2const)), or another user's.
func Sockets(pid int, each func(tid, fd int, inode uint64)) error {
	n, err := sockets(pid, each)
	if n == 0 {
		// The first thread has ended: it has no table, or none to be looked into.
		for _, tid := range task.IDs(pid) {
			if tid != pid && n == 0 {
				n, err = sockets(tid, each)
			}
		}
	}
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// sockets does so for one thread, and returns how many descriptors the thread has.
func sockets(tid int, each func(tid, fd int, inode uint64)) (open int, err error) {
	buf := make([]byte, 64)
	var hidden error
	err = task.List("/proc/"+strconv.Itoa(tid)+"/fd", func(dir int, name string) {
		open++
		n, wrong := unix.Readlinkat(dir, name, buf)
		if wrong != nil {
			if wrong != unix.ENOENT { // which is: closed meanwhile
				hidden = wrong
			}
			return
		}
		fd, wrong := strconv.Atoi(name)
		if inode := inodeOf(buf[:n]); inode != 0 && wrong == nil {
			each(tid, fd, inode)
		}
	})
	return open, cmp.Or(hidden, err)
}

// Inode returns the number of the socket that the thread has at fd, or 0.
func Inode(tid, fd int) uint64 {
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, fd))
	if err != nil {
		return 0
	}
	return inodeOf([]byte(link))
}

// inodeOf reads the link of a descriptor (proc_pid_fd(5)).
func inodeOf(link []byte) uint64 {
	text, ok := bytes.CutPrefix(link, []byte("socket:["))
	if !ok {
		return 0
	}
	n, _ := strconv.ParseUint(string(bytes.TrimSuffix(text, []byte("]"))), 10, 64)
	return n
}

// Pidfd returns a pidfd by which the thread's descriptors can be duplicated, for the caller to close. Before
// Linux 6.9 it is the first thread's, which works while that thread lives.
func Pidfd(pid, tid int) (int, error) {
	if tid != pid {
		fd, err := unix.PidfdOpen(tid, unix.PIDFD_THREAD)
		if err != unix.EINVAL {
			return fd, err
		}
	}
	return unix.PidfdOpen(pid, 0)
}

// Get duplicates a descriptor of the process or thread, close-on-exec.
func Get(pidfd, fd int) (int, error) { return unix.PidfdGetfd(pidfd, fd, 0) }
