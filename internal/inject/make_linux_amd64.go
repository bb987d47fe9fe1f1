package inject

import (
	"encoding/binary"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Thread is a stopped thread of another process, for the time of Stop's use.
type Thread struct {
	pid, tid int
	in       call      // that it was stopped in
	saved    registers // to restore
	blocked  uint64    // signals, to restore
	masked   bool      // all signals are blocked
	gone     bool      // it is not stopped any more
}

// HasSocket reports whether descriptor fd of the thread is the socket with this inode.
func (t *Thread) HasSocket(fd int, inode uint64) bool {
	target, _ := os.Readlink(t.dir() + "/fd/" + strconv.Itoa(fd))
	return target == "socket:["+strconv.FormatUint(inode, 10)+"]"
}

// regroups is how often a stop of the whole process (SIGSTOP, SIGCONT) may come between.
const regroups = 16

// Call lets the thread make a system call, which must not sleep, and returns its result. sure is asked at the
// last moment, at the entry of the call; if it returns false, the call is not made, and the error is
// ErrCancelled. A nil sure agrees. Any other error is the call's own, a unix.Errno, or ESRCH if the thread has
// ended.
func (t *Thread) Call(sure func() bool, nr uintptr, args ...uintptr) (int, error) {
	if t.gone {
		return 0, unix.ESRCH
	}
	if !t.masked {
		all := ^uint64(0)
		if err := t.signals(unix.PTRACE_SETSIGMASK, &all); err != nil {
			return 0, err
		}
		t.masked = true
	}
	if err := t.enter(nr, args); err != nil {
		return 0, err
	}
	// The thread stops again before it leaves the kernel.
	if err := t.ask(unix.PTRACE_INTERRUPT, 0); err != nil {
		return 0, err
	}
	var r registers
	cancel := sure != nil && !sure()
	if cancel {
		if err := t.get(&r); err != nil {
			return 0, err
		}
		r.Number = noCall // the kernel skips the call
		if err := t.set(&r); err != nil {
			return 0, err
		}
	}
	if err := t.ask(unix.PTRACE_CONT, 0); err != nil {
		return 0, err
	}
	switch how, sig, err := t.wait(); {
	case err != nil:
		return 0, err
	case how != trapped:
		return 0, t.abandon(how, sig)
	case cancel:
		return 0, ErrCancelled
	}
	if err := t.get(&r); err != nil {
		return 0, err
	}
	if n := int64(r.RAX); n < 0 && n > -4096 {
		return 0, unix.Errno(-n)
	}
	return int(r.RAX), nil
}

// enter runs the thread up to the entry of the call.
func (t *Thread) enter(nr uintptr, args []uintptr) error {
	r := t.saved
	r.RIP -= 2
	r.RAX, r.Number = uint64(nr), noCall // there is no call to restart
	for i, at := range []*uint64{&r.RDI, &r.RSI, &r.RDX, &r.R10, &r.R8, &r.R9} {
		if i < len(args) {
			*at = uint64(args[i])
		}
	}
	if err := t.set(&r); err != nil {
		return err
	}
	pass := unix.Signal(0)
	for range regroups {
		if err := t.ask(unix.PTRACE_SYSCALL, uintptr(pass)); err != nil {
			return err
		}
		how, sig, err := t.wait()
		switch pass = 0; {
		case err != nil:
			return err
		case how == entered:
			return nil
		case how == signalled && sig == unix.SIGSTOP: // which cannot be blocked
			pass = sig
		case how != trapped:
			return t.abandon(how, sig)
		}
		// The whole process is being stopped or continued. The thread joins in when it is released.
	}
	return t.abandon(trapped, 0)
}

// abandon lets the thread go where it is, with what was saved, and passes on a signal that no mask holds back:
// one that the thread itself has caused. SIGSYS would be for the injected call, which a filter refused.
func (t *Thread) abandon(how event, sig unix.Signal) error {
	if how != ended {
		t.restore()
		if sig == unix.SIGSYS {
			sig = 0
		}
		t.detach(how, sig)
	}
	return unix.ESRCH
}

// Poke writes a word to the program's memory, in its byte order.
func (t *Thread) Poke(addr uintptr, word uint64) error {
	if t.gone {
		return unix.ESRCH
	}
	_, err := unix.PtracePokeData(t.tid, addr, binary.LittleEndian.AppendUint64(nil, word))
	return t.asked(err)
}

// Peek reads a word of the program's memory.
func (t *Thread) Peek(addr uintptr) (uint64, error) {
	if t.gone {
		return 0, unix.ESRCH
	}
	var b [8]byte
	_, err := unix.PtracePeekData(t.tid, addr, b[:])
	return binary.LittleEndian.Uint64(b[:]), t.asked(err)
}

// Read reads the program's memory (proc_pid_mem(5)).
func (t *Thread) Read(addr uintptr, b []byte) error {
	f, err := os.Open("/proc/" + strconv.Itoa(t.pid) + "/mem")
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.ReadAt(b, int64(addr))
	return err
}

// Offsets in the header of an ELF file (elf(5)).
const (
	elfVersion = 20 // a uint32: 1
	elfFlags   = 48 // a uint32: 0 on this machine
)

// Flag returns the address of an int that is 1 or 0 in the program's memory, for calls that take a pointer to
// one. Both are in the header of the vDSO (vdso(7)), so nothing has to be written. If the program has none,
// ok is false.
func (t *Thread) Flag(on bool) (addr uintptr, ok bool) {
	at := elfFlags
	want := uint32(0)
	if on {
		at, want = elfVersion, 1
	}
	base := vdso(t.pid)
	if t.gone || base == 0 {
		return 0, false
	}
	addr = base + uintptr(at)
	word, err := t.Peek(addr)
	return addr, err == nil && uint32(word) == want
}

const atSysinfoEHDR = 33 // AT_SYSINFO_EHDR, linux/auxvec.h

// vdso returns the address of the process's vDSO, or 0 (proc_pid_auxv(5)).
func vdso(pid int) uintptr {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/auxv")
	for ; len(b) >= 16; b = b[16:] {
		if binary.LittleEndian.Uint64(b) == atSysinfoEHDR {
			return uintptr(binary.LittleEndian.Uint64(b[8:]))
		}
	}
	return 0
}
