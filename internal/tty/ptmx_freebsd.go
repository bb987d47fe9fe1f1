package tty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const getModes, setModes = unix.TIOCGETA, unix.TIOCSETA // tty(4)

// openMaster opens a new master, which does not block (posix_openpt(2), which takes no O_NONBLOCK).
func openMaster() (int, error) {
	fd, _, err := unix.Syscall(unix.SYS_POSIX_OPENPT, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0, 0)
	if err != 0 {
		return -1, os.NewSyscallError("posix_openpt", err)
	}
	return int(fd), unix.SetNonblock(int(fd), true)
}

// slaveOf returns the path of a master's slave (pts(4)), which is not locked.
func slaveOf(master int) (string, error) {
	number, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err != nil {
		return "", os.NewSyscallError("ioctl TIOCGPTN", err)
	}
	return fmt.Sprintf("/dev/pts/%d", number), nil
}
