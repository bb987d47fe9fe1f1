package proc

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/ending"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Handle is one process, dead or alive. Where the kernel has pidfds, its signals never reach another process with a
// reused ID, because a pidfd is bound to one process (pidfd_open(2)).
type Handle struct {
	pid   int
	fd    int         // of package ending; -1: an old kernel, a sandbox, or no descriptor is left
	meant func() bool // reports whether pid still is the process meant
}

// OpenChild returns a handle to a child of this process.
func OpenChild(pid int) (*Handle, error) {
	return open(pid, func() bool { return parent(pid) == os.Getpid() })
}

// Open returns a handle to the process that has this ID now.
func Open(pid int) (*Handle, error) {
	id, _ := Identify(pid)
	return open(pid, id.Alive)
}

// open opens the descriptor first and then calls meant. So either the answer is about the
// process of the descriptor, or that process has ended.
func open(pid int, meant func() bool) (*Handle, error) {
	if pid <= 0 { // process groups, for kill(2)
		return nil, unix.ESRCH
	}
	fd, err := ending.Open(pid)
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

// PID returns the process ID, which may be reused after the process has ended.
func (h *Handle) PID() int { return h.pid }

// Signal sends sig to the process. It returns ESRCH if the process has ended. Without a
// pidfd, microseconds lie between the check of the process ID and the signal.
func (h *Handle) Signal(sig syscall.Signal) error {
	if h.fd >= 0 {
		err := signalTo(h.fd, sig)
		if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM) { // an old kernel, or a container forbids the call
			return err
		}
	}
	if !h.meant() {
		return unix.ESRCH
	}
	return unix.Kill(h.pid, sig)
}

// Wait waits until the process has ended.
func (h *Handle) Wait() {
	if h.fd < 0 {
		for h.meant() && !zombie(h.pid) {
			time.Sleep(wait.Look)
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

// Close closes the descriptor.
func (h *Handle) Close() {
	if h.fd >= 0 {
		_ = unix.Close(h.fd)
		h.fd = -1
	}
}

// signalIf sends sig to the process that has this ID now, if that is the process meant; ESRCH: it is not.
func signalIf(meant func() bool, pid int, sig syscall.Signal) error {
	h, err := open(pid, meant)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Signal(sig)
}

// IdentifyBelow returns the identity of a living process below this process. [Identify]
// may return that of another process if the ID was reused.
func IdentifyBelow(pid int) (Identity, bool) {
	id, ok := Identify(pid)
	return id, ok && below(pid, os.Getpid()) && id.Alive()
}
