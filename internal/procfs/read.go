package procfs

import (
	"golang.org/x/sys/unix"
)

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
			b = b[:len(b)+n]
			if len(b) == cap(b) {
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
