package proc

import (
	"errors"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Handle is one process, dead or alive. A signal that is sent by it never reaches
// another process that has the number by now: a pidfd is bound to one process
// (pidfd_open(2)).
type Handle struct {
	pid   int
	fd    int         // -1: the kernel has no pidfds, a sandbox forbids them, or no descriptor is left
	meant func() bool // reports whether the process that has the number is the one that is meant
}

// OpenChild returns a handle on a child of this process.
func OpenChild(pid int) (*Handle, error) {
	return open(pid, func() bool { return parent(pid) == os.Getpid() })
}

// open binds the process that has the number, and asks only then whether that
// process is meant. So the answer holds for the bound process, or the bound process
// has ended since, and a signal to it goes nowhere.
func open(pid int, meant func() bool) (*Handle, error) {
	if pid <= 0 { // kill(2) takes these numbers for groups
		return nil, unix.ESRCH
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil, err
	}
	if err != nil {
		fd = -1
	}
	h := &Handle{pid: pid, fd: fd, meant: meant}
	if !meant() {
		h.Close()
		return nil, unix.ESRCH
	}
	return h, nil
}

// PID is the process's id, which is another's some time after its end.
func (h *Handle) PID() int { return h.pid }

// Signal sends sig to the process. ESRCH: it has ended.
//
// Without a pidfd the number has to do. Between the look whether it is still the
// process's and the signal lie some microseconds.
func (h *Handle) Signal(sig syscall.Signal) error {
	if h.fd >= 0 {
		err := unix.PidfdSendSignal(h.fd, sig, nil, 0)
		if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) { // an old kernel, or forbidden in a container
			return err
		}
	}
	if !h.meant() {
		return unix.ESRCH
	}
	return unix.Kill(h.pid, sig)
}

// Wait returns when the process has ended.
func (h *Handle) Wait() {
	if h.fd < 0 {
		for h.meant() && !zombie(h.pid) {
			time.Sleep(lookAgain)
		}
		return
	}
	fds := []unix.PollFd{{Fd: int32(h.fd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// Close gives the descriptor back.
func (h *Handle) Close() {
	if h.fd >= 0 {
		_ = unix.Close(h.fd)
		h.fd = -1
	}
}

// openBelow returns a handle on a process below this one.
func openBelow(pid int) (*Handle, error) {
	return open(pid, func() bool { return below(pid, os.Getpid()) })
}

// signalBelow sends sig to the process if it is below this one. That it has ended is
// no error.
func signalBelow(pid int, sig syscall.Signal) {
	h, err := openBelow(pid)
	if err != nil {
		return
	}
	defer h.Close()
	_ = h.Signal(sig)
}

// IdentifyBelow is the identity of a living process below this one. Where it is not
// certain that a number is still that of a process of ours, [Identify] may name another.
func IdentifyBelow(pid int) (Identity, bool) {
	id, ok := Identify(pid)
	return id, ok && below(pid, os.Getpid()) && id.Alive()
}

// parent is the number of the process above, or -1.
func parent(pid int) int {
	s, err := readStat(pid)
	if err != nil {
		return lists(pid)
	}
	return s.parent
}

// lists is which process at or below this one has that child by the kernel's list of
// its children, or -1. Where /proc is mounted with hidepid (proc(5)), a process that this
// user may not trace, one with capabilities for example, has no readable stat, and is in
// that list.
func lists(pid int) int {
	of := kids()
	for _, p := range append([]int{os.Getpid()}, Descendants(os.Getpid())...) {
		if slices.Contains(of(p), pid) {
			return p
		}
	}
	return -1
}
