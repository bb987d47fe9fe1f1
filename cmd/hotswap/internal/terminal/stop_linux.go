package terminal

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// StopSelf stops this process as SIGTSTP does by default, and returns when the process
// continues. In an orphaned process group, and in process 1, the kernel does not stop it,
// and StopSelf returns at once.
//
// The Go runtime keeps its handler even after signal.Reset, so StopSelf sets the default
// action itself (rt_sigaction(2)). A struct of zeros is SIG_DFL on every architecture.
func StopSelf() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var ours, standard [64]byte
	if sigaction(&standard, &ours) {
		defer sigaction(&ours, nil)
	}
	// A signal to the calling thread is delivered before the call returns (kill(2), notes).
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGTSTP)
}

// sigaction is rt_sigaction(2) for SIGTSTP.
func sigaction(set, was *[64]byte) bool {
	const maskBytes = 8 // _NSIG / 8, except on MIPS
	_, _, err := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGTSTP), uintptr(unsafe.Pointer(set)),
		uintptr(unsafe.Pointer(was)), maskBytes, 0, 0)
	return err == 0
}
