package inject

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// sleep is how a thread sleeps, by how little a stop disturbs it. The best comes first.
type sleep uint8

const (
	unnoticed  sleep = iota // the kernel continues the call, with the rest of its time
	noticed                 // the call may return EINTR
	unsuitable              // the thread does not sleep, or is in a call that hotswap leaves alone
)

// call is a system call in which a thread is.
type call struct {
	nr   uint64
	args [6]uint64
}

// parse reads /proc/PID/task/TID/syscall (proc_pid_syscall(5)).
func parse(text string) (c call, ok bool) {
	f := strings.Fields(text)
	if len(f) != 9 { // "running", or "-1 SP PC" outside a system call
		return call{}, false
	}
	nr, err := strconv.ParseUint(f[0], 10, 64)
	if err != nil {
		return call{}, false
	}
	c.nr = nr
	for i := range c.args {
		if c.args[i], err = strconv.ParseUint(f[1+i], 0, 64); err != nil {
			return call{}, false
		}
	}
	return c, true
}

// sleep returns what a stop does to the call. The kernel restarts nearly all of them by itself (signal(7)).
// It returns EINTR from epoll_wait, and from reads and accepts if the socket has a time limit (SO_RCVTIMEO,
// which then begins anew).
func (c call) sleep() sleep {
	switch c.nr {
	case unix.SYS_FUTEX, unix.SYS_FUTEX_WAITV, unix.SYS_POLL, unix.SYS_PPOLL, unix.SYS_SELECT, unix.SYS_PSELECT6,
		unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_RESTART_SYSCALL, unix.SYS_PAUSE, unix.SYS_RT_SIGSUSPEND,
		unix.SYS_WAIT4, unix.SYS_WAITID,
		unix.SYS_READ, unix.SYS_READV, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_ACCEPT, unix.SYS_ACCEPT4:
		return unnoticed
	case unix.SYS_EPOLL_WAIT, unix.SYS_EPOLL_PWAIT:
		if int32(c.args[3]) < 0 {
			return unnoticed
		}
		return noticed
	case unix.SYS_EPOLL_PWAIT2:
		if c.args[3] == 0 {
			return unnoticed
		}
		return noticed
	}
	return unsuitable
}

// restartNoHand is ERESTARTNOHAND: the kernel restarts the call unless a signal handler runs (linux/errno.h).
const restartNoHand = 514

// continued returns the result that makes the kernel continue the call. An EINTR that no signal handler has
// brought about becomes ERESTARTNOHAND, so the kernel turns it back if a handler comes after all.
func (c call) continued(result int64) int64 {
	if result == -int64(unix.EINTR) && c.sleep() == unnoticed {
		return -restartNoHand
	}
	return result
}
