//go:build linux

package e2e

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// child is a hotswap process that upgraded another: it is no child of the test.
type child struct{ pid, fd int } // fd is -1 when it has gone

func (x *child) signal(s os.Signal) error {
	return unix.PidfdSendSignal(x.fd, s.(syscall.Signal), nil, 0)
}

// end sees to it that it ends with the test.
func (x *child) end(t testing.TB) {
	if x == nil || x.fd < 0 {
		return
	}
	_ = x.signal(syscall.SIGQUIT) // stop at once
	x.gone(t)
}

// gone waits for its end.
func (x *child) gone(t testing.TB) {
	t.Helper()
	ended(t, map[int]int{x.pid: x.fd})
	x.fd = -1 // closed twice, it would be another test's connection
}

// upgradeSelf asks for an upgrade, waits until the n-th has happened and goes on with
// the process that took over. It returns the one before; nil is the first.
func (h *hotswap) upgradeSelf(n int) (parent *child) {
	h.t.Helper()
	h.signal(syscall.SIGUSR2)
	return h.upgraded(n)
}

func (h *hotswap) upgraded(n int) (parent *child) {
	h.t.Helper()
	l := h.Nth("hotswap upgraded", n, is("upgraded"))
	fd, err := unix.PidfdOpen(l.PID, 0)
	if err != nil {
		h.t.Fatalf("process %d took over and is gone: %v", l.PID, err)
	}
	parent, h.child = h.child, &child{l.PID, fd}
	return parent
}

// follow goes on with the last process that took over, if a test gave up before
// it did.
func (h *hotswap) follow() {
	for _, l := range slices.Backward(h.Lines()) {
		if l.Event != "upgraded" {
			continue
		}
		if fd, err := unix.PidfdOpen(l.PID, 0); err == nil && h.t.Failed() {
			h.child = &child{l.PID, fd}
		}
		return
	}
}

// pid is hotswap's process id.
func (h *hotswap) pid() int {
	if h.child != nil {
		return h.child.pid
	}
	return h.Cmd.Process.Pid
}
