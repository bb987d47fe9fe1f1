package steer

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Queued asks sock_diag: a connection that nobody has accepted has no inode. Its
// client may have closed it already.
func (Kernel) Queued(c handoff.Conn) (bool, error) {
	s, there, err := sockdiag.Lookup(sockdiag.Name{Local: c.Server, Remote: c.Client})
	if err != nil || !there {
		return false, err
	}
	return s.Inode == 0 && (s.State == sockdiag.Established || s.State == sockdiag.CloseWait), nil
}

// Sockets reads /proc/PID/fd (proc_pid_fd(5)). Of a process that has ended there
// are none; one that may not be looked into, because it is not dumpable
// (PR_SET_DUMPABLE(2const)) or another user's, is an error.
func (Kernel) Sockets(pids []int) (map[uint64]struct{}, error) {
	open := map[uint64]struct{}{}
	for _, pid := range pids {
		n, err := socketsOf(fmt.Sprintf("/proc/%d/fd", pid), open)
		if n == 0 {
			// That is the first thread's table. Once it has ended it has none, or is
			// not to be looked into; the others have the same.
			tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
			for i := 0; i < len(tasks) && n == 0; i++ {
				n, err = socketsOf(fmt.Sprintf("/proc/%d/task/%s/fd", pid, tasks[i].Name()), open)
			}
		}
		if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ESRCH) {
			return nil, err
		}
	}
	return open, nil
}

// socketsOf adds the sockets of one descriptor table; n is how many descriptors
// of any kind it has.
func socketsOf(dir string, open map[uint64]struct{}) (n int, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64)
	for _, name := range names {
		size, err := unix.Readlinkat(int(f.Fd()), name, buf)
		if err != nil {
			if errors.Is(err, unix.ENOENT) {
				continue // closed meanwhile
			}
			return 0, err
		}
		if text, ok := strings.CutPrefix(string(buf[:size]), "socket:["); ok {
			if inode, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64); err == nil {
				open[inode] = struct{}{}
			}
		}
	}
	return len(names), nil
}

// Descriptors counts /proc/self/fd, without the one that it is read by.
func (Kernel) Descriptors() (open, limit int, err error) {
	var max unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &max); err != nil {
		return 0, 0, err
	}
	limit = int(min(max.Cur, 1<<30))
	f, err := os.Open("/proc/self/fd")
	if err != nil {
		if errors.Is(err, unix.EMFILE) {
			return limit, limit, nil
		}
		return 0, 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return len(names) - 1, limit, err
}
