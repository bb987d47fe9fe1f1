package seccomp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Notification is a system call that waits for an answer: struct seccomp_notif with its struct seccomp_data
// (linux/seccomp.h).
type Notification struct {
	ID    uint64
	TID   uint32 // the calling thread
	flags uint32
	NR    int32
	arch  uint32
	ip    uint64
	Args  [6]uint64

	listener Listener // behind what the kernel writes
}

// Int returns an argument that is an int.
func (n Notification) Int(arg int) int { return int(int32(n.Args[arg])) }

// Listener is the descriptor of a filter's notifications.
type Listener int

// Receive takes the next notification. It blocks if there is none: poll first. ENOENT means that the caller
// was killed in between.
func (l Listener) Receive() (Notification, error) {
	var n Notification // the kernel wants zeros
	err := l.ioctl(unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n))
	n.listener = l
	return n, err
}

// Waits reports whether the call still waits. If not, what was read of the caller's memory or descriptors may
// have been another process's by then.
func (n Notification) Waits() bool {
	return n.listener.ioctl(unix.SECCOMP_IOCTL_NOTIF_ID_VALID, unsafe.Pointer(&n.ID)) == nil
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	error int32
	flags uint32
}

// Continue lets the kernel carry the call out. After an error the kernel does not: the caller was killed before, or
// interrupted and calls again, or has its answer.
func (n Notification) Continue() error {
	return n.send(response{flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE})
}

// Return ends the call with errno, or with 0.
func (n Notification) Return(errno unix.Errno) { _ = n.send(response{error: -int32(errno)}) }

func (n Notification) send(r response) error {
	r.id = n.ID
	return n.listener.ioctl(unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r))
}

// AddFD puts the descriptor fd of this process at the caller's number at.
func (n Notification) AddFD(fd, at int, closeOnExec bool) error {
	a := struct { // struct seccomp_notif_addfd
		id                              uint64
		flags, srcfd, newfd, newfdFlags uint32
	}{id: n.ID, flags: unix.SECCOMP_ADDFD_FLAG_SETFD, srcfd: uint32(fd), newfd: uint32(at)}
	if closeOnExec {
		a.newfdFlags = unix.O_CLOEXEC
	}
	return n.listener.ioctl(unix.SECCOMP_IOCTL_NOTIF_ADDFD, unsafe.Pointer(&a))
}

func (l Listener) ioctl(request uint, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l), uintptr(request), uintptr(arg))
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}
