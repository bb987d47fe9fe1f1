package peercred

import "golang.org/x/sys/unix"

// of asks for LOCAL_PEERCRED (unix(4)) and for LOCAL_PEERPID (xnu, bsd/sys/un.h).
func of(fd int) (uid, pid int, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, err
	}
	pid, err = unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	return int(cred.Uid), pid, err
}
