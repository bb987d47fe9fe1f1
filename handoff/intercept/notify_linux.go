package intercept

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// notif is struct seccomp_notif with its struct seccomp_data, resp is struct
// seccomp_notif_resp, addfd is struct seccomp_notif_addfd (linux/seccomp.h).
type notif struct {
	id    uint64
	pid   uint32 // the calling thread, not the process
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

type resp struct {
	id    uint64
	val   int64
	error int32
	flags uint32
}

type addfd struct {
	id         uint64
	flags      uint32
	srcfd      uint32
	newfd      uint32
	newfdFlags uint32
}

func ioctl(fd int, request uint, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg))
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return errno
		}
		return nil
	}
}

// receive takes the next notification. It blocks if there is none: poll first.
// ENOENT means that the caller was killed in between.
func receive(fd int) (notif, error) {
	var n notif // must be zero, the kernel checks
	err := ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n))
	return n, err
}

// alive says whether the call still waits: if not, what was read of its
// memory or descriptors may have been another process's by then.
func alive(fd int, id uint64) bool {
	return ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&id)) == nil
}

// proceed lets the kernel carry the call out.
func proceed(fd int, id uint64) error {
	r := resp{id: id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	return ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r))
}

// answer ends the call with 0, or with an errno.
func answer(fd int, id uint64, errno unix.Errno) error {
	r := resp{id: id, error: -int32(errno)}
	return ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r))
}

// install puts our descriptor src at the caller's number dst.
func install(fd int, id uint64, src, dst int, closeOnExec bool) error {
	a := addfd{id: id, flags: unix.SECCOMP_ADDFD_FLAG_SETFD, srcfd: uint32(src), newfd: uint32(dst)}
	if closeOnExec {
		a.newfdFlags = unix.O_CLOEXEC
	}
	return ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_ADDFD, unsafe.Pointer(&a))
}
