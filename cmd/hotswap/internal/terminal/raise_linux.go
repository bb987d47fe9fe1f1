package terminal

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stopSelf stops this process as SIGTSTP does where nobody catches it, and
// returns when it goes on. Where nobody could ever let it go on (an orphaned
// process group, process 1) the kernel does nothing, and it returns at once.
//
// The runtime keeps its handler once it has been asked for one, also after
// signal.Reset: so the kernel is asked itself (rt_sigaction(2)). The struct is
// not looked into; all zero, whatever its length here, it says SIG_DFL.
func StopSelf() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var ours, standard [64]byte
	if sigaction(unix.SIGTSTP, &standard, &ours) {
		defer sigaction(unix.SIGTSTP, &ours, nil)
	}
	// To this very thread, which then does not return before it has gone on
	// (kill(2), notes): there is nothing to wait for.
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGTSTP)
}

func sigaction(sig unix.Signal, set, was *[64]byte) bool {
	const maskBytes = 8 // _NSIG / 8, except on MIPS
	_, _, err := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(was)), maskBytes, 0, 0)
	return err == 0
}
