package kept

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lookAgain is how often a connection is looked at whose client has hung up, but which has bytes to read.
const lookAgain = time.Second

// watcher is an epoll(7) set. Go's own poller watches the set, so no thread waits.
type watcher struct {
	set  *os.File
	fds  map[int]bool // in the set
	left map[int]bool // hung up, with bytes left to read
}

// watchLocked has the descriptor closed when its other end has hung up. A file that cannot be polled, such as
// a regular one, has no other end.
func (t *Table) watchLocked(fd int) {
	if t.watcher == nil {
		set, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			return // it stays until the program drops it
		}
		_ = unix.SetNonblock(set, true) // so that os.NewFile gives it to Go's poller
		t.watcher = &watcher{set: os.NewFile(uintptr(set), "epoll"), fds: map[int]bool{}, left: map[int]bool{}}
		go t.watch(t.watcher)
	}
	if t.watcher.control(unix.EPOLL_CTL_ADD, fd, hangUp(fd)) == nil {
		t.watcher.fds[fd] = true
	}
	t.stopLocked()
}

// unwatchLocked is called before the descriptor is closed: duplicates would keep it in the set.
func (t *Table) unwatchLocked(fd int) {
	if t.watcher == nil || !t.watcher.fds[fd] {
		return
	}
	_ = t.watcher.control(unix.EPOLL_CTL_DEL, fd, nil)
	delete(t.watcher.fds, fd)
	delete(t.watcher.left, fd)
	t.stopLocked()
}

// stopLocked ends the watcher if it watches nothing.
func (t *Table) stopLocked() {
	if len(t.watcher.fds) == 0 {
		_ = t.watcher.set.Close()
		t.watcher = nil
	}
}

func (w *watcher) control(op, fd int, ev *unix.EpollEvent) error {
	raw, err := w.set.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	if err := raw.Control(func(set uintptr) { done = unix.EpollCtl(int(set), op, fd, ev) }); err != nil {
		return err
	}
	return done
}

// watch closes what has hung up, until the set is closed.
func (t *Table) watch(w *watcher) {
	raw, err := w.set.SyscallConn()
	if err != nil {
		return
	}
	events := make([]unix.EpollEvent, MaxDescriptors)
	for {
		n := 0
		err := raw.Read(func(set uintptr) bool {
			n, _ = unix.EpollWait(int(set), events, 0)
			return n > 0
		})
		if err != nil && !os.IsTimeout(err) {
			return
		}
		t.mu.Lock()
		if t.watcher != w {
			t.mu.Unlock()
			return
		}
		for _, ev := range events[:max(n, 0)] {
			w.see(int(ev.Fd))
		}
		for fd := range w.left {
			if !hasInput(fd) {
				t.removeLocked(func(k Descriptor) bool { return k.FD == fd })
			}
		}
		if t.watcher == w {
			var again time.Time
			if len(w.left) > 0 {
				again = time.Now().Add(lookAgain)
			}
			_ = w.set.SetReadDeadline(again)
		}
		t.mu.Unlock()
	}
}

// see takes an event for a descriptor. The event may be that of an earlier one of this number, which was closed
// after the event was read.
func (w *watcher) see(fd int) {
	switch {
	case !w.fds[fd]:
	case hungUp(fd):
		w.left[fd] = true
	default:
		_ = w.control(unix.EPOLL_CTL_MOD, fd, hangUp(fd))
	}
}

// hangUp is the event that is waited for; EPOLLHUP and EPOLLERR always are.
func hangUp(fd int) *unix.EpollEvent {
	return &unix.EpollEvent{Events: unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(fd)}
}

// hungUp reports whether the other end has hung up.
func hungUp(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(p, 0)
	return err == nil && n > 0
}

// hasInput reports whether bytes are left to read.
func hasInput(fd int) bool {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	return err == nil && n > 0
}
