//go:build unix

package warm

import "syscall"

// makePipe makes a pipe with a name, fifo(7).
func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }

// abandoned tells that nobody has the pipe open for reading: ENXIO in open(2).
func abandoned(path string) bool {
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err == nil {
		_ = syscall.Close(fd)
	}
	return err == syscall.ENXIO
}
