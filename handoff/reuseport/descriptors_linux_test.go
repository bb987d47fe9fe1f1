package reuseport

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// envHolder makes this binary a process that has a listener, tells its inode, and
// ends with its standard input. It is the name of what is special about it.
const envHolder = "STEER_TEST_HOLDER"

func init() {
	special := os.Getenv(envHolder)
	if special == "" {
		return
	}
	runtime.LockOSThread() // init runs on the first thread
	go func() {
		defer os.Exit(0)
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		f, _ := l.(*net.TCPListener).File()
		inode, _ := kernel.Inode(int(f.Fd()))
		f.Close()
		if special == "not dumpable" {
			_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
		}
		if special == "first thread ended" {
			for firstThreadRuns() {
				time.Sleep(time.Millisecond)
			}
		}
		fmt.Println(inode)
		_, _ = os.Stdin.Read(make([]byte, 1))
		l.Close()
	}()
	if special == "first thread ended" {
		_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
	}
	select {}
}

// firstThreadRuns reports whether the descriptors of this process can be seen
// where those of its first thread are.
func firstThreadRuns() bool {
	names, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", os.Getpid()))
	return len(names) > 0
}

// holding starts such a process.
func holding(t *testing.T, special string) (pid int, inode uint64) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), envHolder+"="+special)
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscan(bufio.NewReader(out), &inode); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid, inode
}

func TestSockets(t *testing.T) {
	for _, special := range []string{"nothing", "first thread ended", "not dumpable"} {
		t.Run(special, func(t *testing.T) {
			pid, inode := holding(t, special)
			open, err := kernel.Sockets(func() ([]int, error) { return []int{pid, 1 << 30}, nil }) // the other one has ended
			if special == "not dumpable" && os.Geteuid() != 0 {
				if err == nil {
					t.Error("it cannot be looked into, and that is not said")
				}
				return
			}
			if _, has := open[inode]; err != nil || !has {
				t.Errorf("socket %d is not among %v: %v", inode, open, err)
			}
		})
	}
}

// unaccepting is a generation that listens, at a gate, and does not accept.
func unaccepting(t *testing.T, r *Registry, gen handoff.GenID) (e handoff.Endpoint, gate int) {
	t.Helper()
	e = endpoint(t, "127.0.0.1", false)
	fd, err := kernel.Open(e)
	if err != nil {
		t.Fatal(err)
	}
	inode, err := kernel.Inode(fd)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Listen(ListenRequest{Gen: gen, Inode: inode, Endpoint: e, Dup: fd}); err != nil {
		t.Fatal(err)
	}
	return e, fd
}

// The program has closed its listener: there is nobody who could accept.
func TestProbeEndsWhenTheListenerIsClosed(t *testing.T) {
	r := NewRegistry(kernel)
	t.Cleanup(func() { r.Close() })
	pid, _ := holding(t, "nothing")
	e, _ := unaccepting(t, r, 1)
	r.SetProcesses(1, func() ([]int, error) { return []int{pid}, nil })
	if err := NewProber(r).Probe(t.Context(), 1, e); !errors.Is(err, ErrListenerClosed) {
		t.Error(err)
	}
	if n := r.Waiting(1); n != 0 {
		t.Errorf("%d clients wait; there was none but the probe", n)
	}
}

// The kernel is asked often, partly under the registry's lock: a question needs
// neither a socket nor a buffer of its own.
func TestQuestionsShareASocket(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	listening(t, e, 1)
	conn := Conn{Client: client(t, e).LocalAddr().(*net.TCPAddr).AddrPort(), Server: e.Addr}
	await(t, "the client to be queued", func() bool {
		queued, err := kernel.Queued(conn)
		return err == nil && queued
	})
	const questions, most = 100, 4 << 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range questions {
		if queued, err := kernel.Queued(conn); err != nil || !queued {
			t.Fatal(queued, err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / questions; each > most {
		t.Errorf("a question takes %d bytes, want at most %d", each, most)
	}
}
