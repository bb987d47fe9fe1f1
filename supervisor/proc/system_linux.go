package proc

import (
	"bytes"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// ownBinary runs keepers and sets LISTEN_PID. The path of the binary would not do,
// because an update may replace the file.
const ownBinary = "/proc/self/exe"

// reapsOrphans says that becomeReaper works. A test changes it.
var reapsOrphans = true

// becomeReaper makes this process the parent of all orphans below (prctl(2), PR_SET_CHILD_SUBREAPER).
func becomeReaper() {
	if reapsOrphans {
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	}
}

// install installs the filter of the program, if there is one, in this thread.
func (k *keeper) install() {
	if len(k.Filter) == 0 {
		return
	}
	listener, err := seccomp.Install(k.Filter)
	if err != nil {
		k.send(message{Filter: failed(err)})
		return
	}
	k.send(message{Filter: &failure{}}, unix.UnixRights(listener)...)
	unix.Close(listener)
}

// awaitChild waits until a child has ended, and leaves the dead child for wait4(2).
func awaitChild(pid int) {
	for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
}

// signalIf sends sig to the process that has this ID now, if that is the process meant; ESRCH: it is not. A pidfd is
// bound to one process (pidfd_open(2)) and comes before the call of meant: either the answer is about that process, or
// it has ended. Without a pidfd (an old kernel, a sandbox, or no descriptor is left), microseconds lie between the
// answer and the signal.
func signalIf(meant func() bool, pid int, sig syscall.Signal) error {
	if pid <= 0 { // process groups, for kill(2)
		return unix.ESRCH
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err == nil {
		defer unix.Close(fd)
	}
	if err == unix.ESRCH || !meant() {
		return unix.ESRCH
	}
	if err == nil {
		err = unix.PidfdSendSignal(fd, sig, nil, 0)
		// an old kernel, or a container forbids the call
		if err != unix.ENOSYS && err != unix.EPERM {
			return err
		}
	}
	return unix.Kill(pid, sig)
}

// here reports whether the process is known to be of this pid namespace (pid_namespaces(7)).
func here(pid int) bool {
	its := procfs.Of(pid).Link("ns/pid")
	return its != "" && its == procfs.Self.Link("ns/pid")
}

// Environment returns the variables, each as NAME=VALUE, that the process was executed with; none if it has ended, or
// may not be read. Later changes do not show, unless the program overwrites that memory, as nginx does.
func Environment(pid int) []string { return procfs.Of(pid).Words("environ") }

// takes reports whether a process has a handler for sig, or waits for sig without one: in signalfd(2), or as tini in
// sigtimedwait(2), during which the kernel does not show sig as blocked (proc_pid_syscall(5) shows the call).
func takes(pid int, sig syscall.Signal) bool {
	if Handles(pid, sig) || in(pid, "SigBlk", sig) {
		return true
	}
	call, _ := procfs.Of(pid).Read("syscall")
	return bytes.HasPrefix(call, append(strconv.AppendInt(nil, unix.SYS_RT_SIGTIMEDWAIT, 10), ' '))
}

// Listening returns the processes of the tree that have listening TCP sockets. Unix sockets do not count, because
// wrappers (tsx's pipe to its child) and helpers (Python's multiprocessing) have them, too.
func Listening(tree []int) map[int]bool {
	out := map[int]bool{}
	// Where a sandbox forbids sock_diag none is known.
	_ = sockdiag.Listening(tree, func(pid int, _ sockdiag.Socket) { out[pid] = true })
	return out
}
