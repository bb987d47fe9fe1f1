//go:build unix && !linux

package proc

import "syscall"

// Handle is a process ID: the system has no pidfds.
type Handle struct{ pid int }

// OpenChild returns a handle to a child of this process.
func OpenChild(pid int) (*Handle, error) { return &Handle{pid}, nil }

// PID returns the process ID.
func (h *Handle) PID() int { return h.pid }

// Signal sends sig to the process with that ID.
func (h *Handle) Signal(sig syscall.Signal) error { return syscall.Kill(h.pid, sig) }

// Wait returns at once, because the end of a process is only known to its parent.
func (h *Handle) Wait() {}

// Close does nothing.
func (h *Handle) Close() {}
