package tty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const getModes, setModes = unix.TCGETS, unix.TCSETS

func openMaster() (int, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: "/dev/ptmx", Err: err}
	}
	return fd, nil
}

// slaveOf unlocks the slave of a master, and returns its path (pts(4)).
func slaveOf(master int) (string, error) {
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return "", os.NewSyscallError("ioctl TIOCSPTLCK", err)
	}
	number, err := unix.IoctlGetUint32(master, unix.TIOCGPTN)
	if err != nil {
		return "", os.NewSyscallError("ioctl TIOCGPTN", err)
	}
	return fmt.Sprintf("/dev/pts/%d", number), nil
}
