//go:build linux

package e2e

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// heir is a hotswap process that renewed another: it is no child of the test.
type heir struct{ pid, fd int }

func (x *heir) signal(s os.Signal) error {
	return unix.PidfdSendSignal(x.fd, s.(syscall.Signal), nil, 0)
}

// end sees to it that it ends with the test.
func (x *heir) end(t testing.TB) {
	if x == nil {
		return
	}
	_ = x.signal(syscall.SIGQUIT) // stop at once
	x.gone(t)
}

// gone waits for its end.
func (x *heir) gone(t testing.TB) {
	t.Helper()
	ended(t, map[int]int{x.pid: x.fd})
}

// renew asks for a renewal, waits until the n-th has happened and goes on with
// the process that took over. It returns the one before; nil is the first.
func (h *hotswap) renew(n int) (elder *heir) {
	h.t.Helper()
	h.signal(syscall.SIGUSR2)
	return h.renewed(n)
}

func (h *hotswap) renewed(n int) (elder *heir) {
	h.t.Helper()
	l := h.nth("hotswap upgraded", n, func(l line) bool { return l.Event == "upgraded" })
	fd, err := unix.PidfdOpen(l.PID, 0)
	if err != nil {
		h.t.Fatalf("process %d took over and is gone: %v", l.PID, err)
	}
	elder, h.heir = h.heir, &heir{l.PID, fd}
	return elder
}

// follow goes on with the last process that took over, if a test gave up before
// it did.
func (h *hotswap) follow() {
	for _, l := range slices.Backward(h.Lines()) {
		if l.Event != "upgraded" {
			continue
		}
		if fd, err := unix.PidfdOpen(l.PID, 0); err == nil && h.t.Failed() {
			h.heir = &heir{l.PID, fd}
		}
		return
	}
}

// pid is hotswap's process id.
func (h *hotswap) pid() int {
	if h.heir != nil {
		return h.heir.pid
	}
	return h.Cmd.Process.Pid
}
