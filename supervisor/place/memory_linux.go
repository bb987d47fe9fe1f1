package place

import (
	"os"

	"golang.org/x/sys/unix"
)

// memoryFile returns a file that has no name and is on no disk.
func memoryFile() (*os.File, error) {
	fd, err := unix.MemfdCreate("hotswap-state", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), "hotswap-state"), nil
}
