package commands

import "syscall"

// Signal sends a signal to the process of the program that it is meant for, and returns that
// process; 0: none handles the signal, and none gets it. `docker kill -s USR1` reaches hotswap, and node or nginx is
// meant.
//
// One process gets the signal, the one that would if there were no wrapper: the topmost that
// handles the signal and listens, or else the topmost that handles it. npm and sh die of
// SIGUSR1, and two node processes cannot both open an inspector's port.
func (w *Commands) Signal(sig syscall.Signal) (pid int) {
	to := addressee(w.Supervisor.Tree(0), sig)
	if to.PID != 0 {
		_ = to.Signal(sig) // an error means that the process has ended
	}
	return to.PID
}
