package tty

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const getModes, setModes = unix.TCGETS, unix.TCSETS

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
