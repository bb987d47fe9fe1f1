//go:build unix && !linux

package proc

import "syscall"

// Identify is the process's number alone: its start is not to be had here.
func Identify(pid int) (Identity, bool) {
	i := Identity{PID: pid}
	return i, i.Alive()
}

// IdentifyBelow is Identify: whose child it is is not to be had either.
func IdentifyBelow(pid int) (Identity, bool) { return Identify(pid) }

// Alive says whether there is a process with that number.
func (i Identity) Alive() bool {
	return i.PID > 0 && syscall.Kill(i.PID, 0) != syscall.ESRCH
}

// Signal sends a signal to the process with that number.
func (i Identity) Signal(sig syscall.Signal) error { return syscall.Kill(i.PID, sig) }
