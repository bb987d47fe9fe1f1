package intercept

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// hammer sends SIGURG to every thread of the program, until the test ends.
func hammer(t *testing.T, pid int) {
	stop, done := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-done })
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
			for _, thread := range threads {
				tid, _ := strconv.Atoi(thread.Name())
				for range 20 {
					_ = unix.Tgkill(pid, tid, unix.SIGURG)
				}
			}
		}
	}()
}

// Go's runtime interrupts system calls by SIGURG to preempt a thread, also one
// that waits for our answer (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV).
func TestBusyGoProgramListens(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.1.1", false)
	g := w.start("go-busy", fmt.Sprint(e.Port()))
	hammer(t, g.PID())
	for i := range 50 {
		e.Addr = netipAt(fmt.Sprintf("127.0.1.%d", i+1), e.Port())
		g.heard(handoff.Listening{Gen: 1, Endpoint: e})
	}
	if got := g.line(); got != "listening" {
		t.Errorf("%q", got)
	}
	g.quiet()
}

// Go listens by MPTCP unless it is refused, and so can be steered.
func TestGoProgram(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "::", false)
	for _, address := range []string{fmt.Sprint(":", e.Port()), e.Addr.String()} {
		g := w.start("go-listen", address)
		g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
		w.cutover(g.id)
		answered(t, e, 3, "go")
	}
}
