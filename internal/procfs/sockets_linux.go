package procfs

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Have reports whether one of the processes has one of the sockets open, as far as this process may see.
func Have[T any](inodes map[uint64]T, pids ...int) (found bool) {
	for _, pid := range pids {
		_ = Sockets(pid, func(_, _ int, inode uint64) {
			_, is := inodes[inode]
			found = found || is
		})
	}
	return found
}

// Sockets calls each for every socket that the process has open. tid is the thread that has the socket: the
// first thread if that lives. A process that has ended has none. An error means that this process may not
// look: the other is not dumpable (PR_SET_DUMPABLE(2const)), or another user's.
func Sockets(pid int, each func(tid, fd int, inode uint64)) error {
	n, err := sockets(pid, each)
	if n == 0 {
		// The first thread has ended: it has no table, or none to be looked into.
		for _, tid := range Threads(pid) {
			if tid != pid && n == 0 {
				n, err = sockets(tid, each)
			}
		}
	}
	if Over(err) {
		return nil
	}
	return err
}

// sockets does so for one thread, and returns how many descriptors the thread has.
func sockets(tid int, each func(tid, fd int, inode uint64)) (open int, err error) {
	buf := make([]byte, 64)
	var hidden error
	err = List(Of(tid).Path("fd"), func(dir int, name string) {
		open++
		n, wrong := unix.Readlinkat(dir, name, buf)
		if wrong != nil {
			if wrong != unix.ENOENT { // which is: closed meanwhile
				hidden = wrong
			}
			return
		}
		fd, _ := strconv.Atoi(name) // the folder has no other names
		if inode := inodeOf(string(buf[:n])); inode != 0 {
			each(tid, fd, inode)
		}
	})
	return open, cmp.Or(hidden, err)
}

// Inode returns the number of the socket that the thread has at fd, or 0.
func Inode(tid, fd int) uint64 {
	return inodeOf(Of(tid).Link("fd/" + strconv.Itoa(fd)))
}

// inodeOf reads the link of a descriptor (proc_pid_fd(5)).
func inodeOf(link string) uint64 {
	text, ok := strings.CutPrefix(link, "socket:[")
	if !ok {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64)
	return n
}

// UnixSockets calls each with the named sockets of the network namespace (proc_pid_net(5)).
func (d Dir) UnixSockets(each func(name []byte, connected bool, inode uint64)) error {
	b, err := d.Read("net/unix")
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		// Num RefCount Protocol Flags Type St Inode Path; St 03: connected
		if at := bytes.Fields(line); len(at) > 7 {
			if inode, err := strconv.ParseUint(string(at[6]), 10, 64); err == nil {
				_, name, _ := bytes.Cut(line, []byte(" "+string(at[6])+" ")) // with its spaces
				each(name, string(at[5]) == "03", inode)
			}
		}
	}
	return err
}

// Duplicate returns a duplicate of a thread's descriptor, for the caller to close.
func Duplicate(pid, tid, fd int) (int, error) {
	pidfd, err := unix.PidfdOpen(tid, unix.PIDFD_THREAD)
	if err == unix.EINVAL { // before Linux 6.9 there is only the first thread's, which works while that thread lives
		pidfd, err = unix.PidfdOpen(pid, 0)
	}
	if err != nil {
		return -1, fmt.Errorf("pidfd_open %d: %w", tid, err)
	}
	defer unix.Close(pidfd)
	duplicate, err := unix.PidfdGetfd(pidfd, fd, 0)
	if err != nil {
		return -1, fmt.Errorf("pidfd_getfd: %w", err)
	}
	return duplicate, nil
}
