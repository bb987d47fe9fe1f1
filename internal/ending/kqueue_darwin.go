package ending

import (
	"context"

	"golang.org/x/sys/unix"
)

// Wait waits until a process has ended. It reports false if that cannot be seen, or ctx has ended a second before. A
// queue with one filter tells (kqueue(2), EVFILT_PROC, NOTE_EXIT), which no child inherits.
func Wait(ctx context.Context, pid int) bool {
	fd, err := unix.Kqueue()
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	exit := []unix.Kevent_t{{Fflags: unix.NOTE_EXIT}}
	unix.SetKevent(&exit[0], pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	_, err = unix.Kevent(fd, exit, nil, nil)
	if err != nil {
		return err == unix.ESRCH
	}
	for n := 0; n <= 0 && ctx.Err() == nil; { // EINTR
		n, err = unix.Kevent(fd, nil, exit, &unix.Timespec{Sec: 1})
	}
	return err == nil && ctx.Err() == nil
}
