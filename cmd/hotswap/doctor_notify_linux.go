package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification is struct seccomp_notif with its struct seccomp_data
// (linux/seccomp.h).
type notification struct {
	id    uint64
	tid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

func seccompIoctl(fd int, request uint, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg))
		if errno == 0 {
			return nil
		}
		if errno != unix.EINTR {
			return errno
		}
	}
}

// nextNotification waits for one, but not for ever.
func nextNotification(listener int) (notification, error) {
	var n notification
	fds := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
	for {
		got, err := unix.Poll(fds, 10_000)
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == 0 || fds[0].Revents&unix.POLLIN == 0 {
			return n, fmt.Errorf("the child asks for nothing (poll: %v)", err)
		}
		n = notification{} // must be zero, the kernel checks
		if err := seccompIoctl(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)); err != unix.ENOENT {
			return n, err
		}
	}
}

// answerNotification ends the call with success, or lets it be carried out.
func answerNotification(listener int, id uint64, carryOut bool) error {
	resp := struct { // struct seccomp_notif_resp
		id    uint64
		val   int64
		error int32
		flags uint32
	}{id: id}
	if carryOut {
		resp.flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
	}
	return seccompIoctl(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&resp))
}

// injectFD puts our descriptor fd at the caller's number at.
func injectFD(listener int, id uint64, fd, at int) error {
	add := struct { // struct seccomp_notif_addfd
		id                           uint64
		flags, fd, newfd, newfdFlags uint32
	}{id: id, flags: unix.SECCOMP_ADDFD_FLAG_SETFD, fd: uint32(fd), newfd: uint32(at), newfdFlags: unix.O_CLOEXEC}
	return seccompIoctl(listener, unix.SECCOMP_IOCTL_NOTIF_ADDFD, unsafe.Pointer(&add))
}
