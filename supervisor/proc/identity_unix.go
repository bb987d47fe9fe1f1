//go:build unix && !linux

package proc

import "syscall"

// Identify returns the process ID alone: the start time is not known here.
func Identify(pid int) (Identity, bool) {
	i := Identity{PID: pid}
	return i, i.Alive()
}

// IdentifyBelow is Identify: parents are not known here.
func IdentifyBelow(pid int) (Identity, bool) { return Identify(pid) }

// Alive reports whether there is a process with that ID.
func (i Identity) Alive() bool {
	return i.PID > 0 && syscall.Kill(i.PID, 0) != syscall.ESRCH
}

// Signal sends a signal to the process with that ID.
func (i Identity) Signal(sig syscall.Signal) error { return syscall.Kill(i.PID, sig) }
