//go:build unix && !linux

package proc

import "syscall"

// Handle is a process by its number: the system has nothing better.
type Handle struct{ pid int }

// OpenChild returns a handle on a child of this process.
func OpenChild(pid int) (*Handle, error) { return &Handle{pid}, nil }

// PID is the process's id.
func (h *Handle) PID() int { return h.pid }

// Signal sends sig to the process with that number.
func (h *Handle) Signal(sig syscall.Signal) error { return syscall.Kill(h.pid, sig) }

// Wait returns at once: nothing tells of the end of a process that others wait for.
func (h *Handle) Wait() {}

// Close does nothing.
func (h *Handle) Close() {}
