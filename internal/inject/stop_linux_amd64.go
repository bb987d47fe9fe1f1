package inject

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// patience is how long Stop waits for a thread that does not stop: one that has begun to wait for a disk.
const patience = 100 * time.Millisecond

// attempts is how many threads Stop tries.
const attempts = 3

// Stop stops one thread of the process, calls use, and lets the thread go on as if nothing had happened.
// Without a thread that can be stopped it returns ErrBusy or ErrForbidden, and use is not called. use must
// not keep the Thread, and must be quick: the program waits for it.
//
// Stop itself returns within 0.1 s unless use was called. ptrace(2) wants all requests from one thread, so use
// runs in a goroutine of its own that is locked to a thread.
func Stop(pid int, use func(*Thread)) error {
	if !gate.TryRLock() {
		return ErrBusy
	}
	var claimed atomic.Bool
	done := make(chan error, 1)
	go func() {
		defer gate.RUnlock()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- stop(pid, func(t *Thread) {
			if claimed.CompareAndSwap(false, true) {
				use(t)
			}
		})
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
	}
	if claimed.CompareAndSwap(false, true) {
		return ErrBusy // the goroutine lets the thread go as soon as it stops
	}
	return <-done
}

func stop(pid int, use func(*Thread)) error {
	s, err := statusOf("/proc/" + strconv.Itoa(pid))
	switch {
	case err != nil:
		return ErrBusy // it has ended
	case s.own():
		return ErrForbidden
	case s.tracer != 0:
		return ErrBusy
	}
	tried := map[int]bool{}
	for range attempts {
		tid, found := choose(pid, tried)
		if !found {
			return ErrBusy
		}
		tried[tid] = true
		t := &Thread{pid: pid, tid: tid}
		err := t.seize()
		if err == nil {
			use(t)
			t.release()
			return nil
		}
		if !errors.Is(err, ErrBusy) {
			return err
		}
	}
	return ErrBusy
}

// seize stops the thread in its system call, or leaves it as it was.
func (t *Thread) seize() error {
	switch err := ptrace(unix.PTRACE_SEIZE, t.tid, unix.PTRACE_O_TRACESYSGOOD); err {
	case nil:
	case unix.ESRCH:
		return ErrBusy
	case unix.EPERM:
		if s, err := statusOf(t.dir()); err != nil || s.tracer != 0 || s.ends {
			return ErrBusy // it ends, or a debugger was quicker
		}
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	default:
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	if err := t.ask(unix.PTRACE_INTERRUPT, 0); err != nil {
		return ErrBusy
	}
	how, sig, err := t.wait()
	if err != nil || how == ended {
		return ErrBusy
	}
	if how != trapped || sig != unix.SIGTRAP { // a signal was quicker, or the process is being stopped
		t.detach(how, sig)
		return ErrBusy
	}
	if !t.save() {
		t.detach(how, sig)
		return ErrBusy
	}
	return nil
}

// save reads the registers, and reports whether the thread is in a call that can be continued, behind a
// syscall instruction, and still of the process: its number may have become another's.
func (t *Thread) save() bool {
	if task.State(t.pid, t.tid) == 0 {
		return false
	}
	r := &t.saved
	if t.get(r) != nil || int64(r.Number) < 0 || r.CS != code64 {
		return false
	}
	t.in = call{r.Number, [6]uint64{r.RDI, r.RSI, r.RDX, r.R10, r.R8, r.R9}}
	var code [2]byte
	if n, err := unix.PtracePeekText(t.tid, uintptr(r.RIP)-2, code[:]); err != nil || n != 2 || code != syscallCode {
		return false
	}
	if t.in.sleep() == unsuitable {
		return false
	}
	r.RAX = uint64(t.in.continued(int64(r.RAX)))
	return t.signals(unix.PTRACE_GETSIGMASK, &t.blocked) == nil
}

// release restores what was saved, and lets the thread go.
func (t *Thread) release() {
	t.restore()
	t.detach(trapped, 0)
}

func (t *Thread) restore() {
	if !t.gone {
		_ = t.set(&t.saved)
	}
	if !t.gone && t.masked {
		_ = t.signals(unix.PTRACE_SETSIGMASK, &t.blocked)
	}
}

// detach lets the thread go, with the signal if it has stopped to get one.
func (t *Thread) detach(how event, sig unix.Signal) {
	if t.gone {
		return
	}
	if how != signalled {
		sig = 0
	}
	_ = t.ask(unix.PTRACE_DETACH, uintptr(sig))
	t.gone = true
}
