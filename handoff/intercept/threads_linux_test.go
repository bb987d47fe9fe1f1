package intercept

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// init keeps the main goroutine of the helper on the first thread.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "helper:threads" {
		runtime.LockOSThread()
	}
}

// threads is sockets, and its first thread has ended.
func helperThreads(args []string) {
	go func() { helperSockets(args); os.Exit(0) }()
	_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // the thread alone, _exit(2)
}

// firstThreadEnds waits until it has.
func firstThreadEnds(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && bytes.Contains(b, []byte(") Z ")) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the first thread runs: %s %v", b, err)
		}
	}
}

// A process whose first thread has ended: /proc/PID/fd is empty then, and
// pidfd_getfd(2) on the process says EBADF.
func TestFirstThreadHasEnded(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	for _, label := range []string{"one", "two"} {
		g := w.start("threads")
		firstThreadEnds(t, g.PID())
		g.ok("socket a tcp4")
		before := g.do("inode a")
		g.ok("bind a "+e.Addr.String(), "listen a 5", "serve a "+label)
		g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
		if after := g.do("inode a"); after != before {
			t.Errorf("socket %s became %s", before, after)
		}
		if _, _, err := w.registry.Cutover(g.id); err != nil {
			t.Fatal(err)
		}
		if got := answers(t, e, 5); !slices.Equal(got, []string{label}) {
			t.Errorf("answered by %v, want %s", got, label)
		}
		g.ok("socket b tcp4")
		if got := g.do("bind b", e.Addr); got != "EADDRINUSE" {
			t.Errorf("a second bind: %s", got)
		}
		g.quiet()
	}
}
