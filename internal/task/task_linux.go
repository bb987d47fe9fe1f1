package task

import (
	"bytes"
	"strconv"

	"golang.org/x/sys/unix"
)

// IDs returns the threads of a process, in the kernel's order. A process that has ended has none.
func IDs(pid int) (tids []int) {
	_ = List("/proc/"+strconv.Itoa(pid)+"/task", func(_ int, name string) {
		if tid, err := strconv.Atoi(name); err == nil {
			tids = append(tids, tid)
		}
	})
	return tids
}

// Dir returns the folder of a thread, which is there as long as the thread is one of the process.
func Dir(pid, tid int) string { return "/proc/" + strconv.Itoa(pid) + "/task/" + strconv.Itoa(tid) }

// State returns the state of a thread (proc_pid_stat(5)), such as 'R' or 'S', or 0 if the thread has ended or is
// none of the process.
func State(pid, tid int) byte {
	b, _ := Read(Dir(pid, tid) + "/stat")
	// The name in parentheses may have any character.
	if i := bytes.LastIndexByte(b, ')'); i >= 0 && i+2 < len(b) {
		return b[i+2]
	}
	return 0
}

// Read returns a file of /proc. It takes a third of the system calls that package os needs, which asks of each file
// whether it can be polled. Errors are the kernel's: nothing in /proc waits, so none is EINTR.
func Read(path string) (b []byte, err error) {
	return ReadAt(unix.AT_FDCWD, path, make([]byte, 0, 1024))
}

// ReadAt returns a file below a folder of /proc that is open, after what is in buf. The kernel finds the file for half
// of the work that its path would take.
func ReadAt(dir int, path string, buf []byte) (b []byte, err error) {
	b = buf
	err = open(dir, path, unix.O_RDONLY, func(fd int) error {
		for {
			n, err := unix.Read(fd, b[len(b):cap(b)])
			if err != nil || n == 0 {
				return err
			}
			if b = b[:len(b)+n]; len(b) == cap(b) {
				b = append(b, 0)[:len(b)]
			}
		}
	})
	return b, err
}

// List calls each with the names in a folder of /proc, and the folder's descriptor.
func List(path string, each func(dir int, name string)) error {
	return open(unix.AT_FDCWD, path, unix.O_RDONLY|unix.O_DIRECTORY, func(fd int) error {
		buf := make([]byte, 8192)
		var names []string
		for {
			n, err := unix.ReadDirent(fd, buf)
			if err != nil || n <= 0 {
				for _, name := range names { // ESRCH mid-way: what was read counts
					each(fd, name)
				}
				return err
			}
			_, _, names = unix.ParseDirent(buf[:n], -1, names)
		}
	})
}

func open(dir int, path string, how int, use func(fd int) error) error {
	fd, err := unix.Openat(dir, path, how|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return use(fd)
}
