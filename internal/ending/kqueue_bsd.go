//go:build darwin || freebsd

package ending

import "golang.org/x/sys/unix"

// Open returns a descriptor of the process that has this ID now, which becomes readable when that process ends: a queue
// with one filter (kqueue(2), EVFILT_PROC, NOTE_EXIT), which no child inherits. ESRCH: there is none.
func Open(pid int) (fd int, err error) {
	if fd, err = unix.Kqueue(); err != nil {
		return -1, err
	}
	exit := []unix.Kevent_t{{Fflags: unix.NOTE_EXIT}}
	unix.SetKevent(&exit[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	if _, err = unix.Kevent(fd, exit, nil, nil); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
