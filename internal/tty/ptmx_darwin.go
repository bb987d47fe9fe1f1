package tty

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const getModes, setModes = unix.TIOCGETA, unix.TIOCSETA // tty(4)

// slaveOf unlocks the slave of a master, and returns its path: grantpt(3), unlockpt(3) and ptsname(3), each of which is
// one ioctl (xnu, bsd/sys/ttycom.h). A path has at most 128 bytes.
func slaveOf(master int) (string, error) {
	var path [128]byte
	for _, call := range []uintptr{unix.TIOCPTYGRANT, unix.TIOCPTYUNLK, unix.TIOCPTYGNAME} {
		if _, _, err := unix.Syscall(unix.SYS_IOCTL, uintptr(master), call, uintptr(unsafe.Pointer(&path))); err != 0 {
			return "", os.NewSyscallError("ioctl of /dev/ptmx", err)
		}
	}
	return unix.ByteSliceToString(path[:]), nil
}
