package peercred

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// of asks for LOCAL_PEERCRED (unix(4)). The last field of struct xucred, which package unix does not name, has held the
// process ID since FreeBSD 13 (sys/ucred.h: cr_pid, in a union with a pointer).
func of(fd int) (uid, pid int, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, err
	}
	last := unsafe.Add(unsafe.Pointer(cred), unsafe.Sizeof(*cred)-unsafe.Sizeof(uintptr(0)))
	return int(cred.Uid), int(*(*int32)(last)), nil
}
