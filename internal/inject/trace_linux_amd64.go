package inject

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

const code64 = 0x33 // the code segment of 64-bit programs (asm/segment.h)

var syscallCode = [2]byte{0x0f, 0x05}

// event is why a thread has stopped (ptrace(2)).
type event uint8

const (
	trapped   event = iota // in the kernel's signal handling: after PTRACE_INTERRUPT, or because the process is stopped
	entered                // at the entry of a system call
	signalled              // to get a signal
	ended                  // it has not: it has ended
)

// wait waits until the thread stops, which it does within microseconds, or as soon as it gets a processor.
func (t *Thread) wait() (event, unix.Signal, error) {
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(t.tid, &ws, unix.WALL, nil); err == unix.EINTR {
			continue
		} else if err != nil {
			t.gone = true
			return ended, 0, err
		}
		break
	}
	switch sig := ws.StopSignal(); {
	case !ws.Stopped():
		t.gone = true
		return ended, 0, nil
	case int(ws)>>16 == unix.PTRACE_EVENT_STOP:
		return trapped, sig, nil
	case sig == unix.SIGTRAP|0x80: // PTRACE_O_TRACESYSGOOD
		return entered, 0, nil
	default:
		return signalled, sig, nil
	}
}

// ptrace makes a request without an address.
func ptrace(request, tid int, data uintptr) error {
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, data, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// ask makes a request to the stopped thread.
func (t *Thread) ask(request int, data uintptr) error { return t.asked(ptrace(request, t.tid, data)) }

// asked waits for the end of a thread that has been killed, of which ESRCH tells: until its tracer has waited,
// the kernel does not tell its parent.
func (t *Thread) asked(err error) error {
	for err == unix.ESRCH && !t.gone {
		if how, _, wrong := t.wait(); wrong == nil && how != ended {
			_ = ptrace(unix.PTRACE_DETACH, t.tid, 0)
			t.gone = true
		}
	}
	return err
}

// registers is struct user_regs_struct (asm/user_64.h).
type registers struct {
	R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI uint64
	// Number is that of the system call in which the thread is, -1 outside (orig_rax). The kernel restarts a call
	// only if it is there.
	Number                                  uint64
	RIP, CS, Flags, RSP, SS, FSBase, GSBase uint64
	DS, ES, FS, GS                          uint64
}

const noCall = ^uint64(0) // as registers.Number

func (t *Thread) get(r *registers) error {
	return t.asked(unix.PtraceGetRegs(t.tid, (*unix.PtraceRegs)(unsafe.Pointer(r))))
}

func (t *Thread) set(r *registers) error {
	return t.asked(unix.PtraceSetRegs(t.tid, (*unix.PtraceRegs)(unsafe.Pointer(r))))
}

// signals reads or sets the blocked signals of the stopped thread. The kernel never blocks SIGKILL and
// SIGSTOP.
func (t *Thread) signals(request int, blocked *uint64) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(t.tid), unsafe.Sizeof(*blocked), uintptr(unsafe.Pointer(blocked)), 0, 0)
	if errno != 0 {
		return t.asked(errno)
	}
	return nil
}

// dir is the thread's folder in /proc.
func (t *Thread) dir() string { return task.Dir(t.pid, t.tid) }
