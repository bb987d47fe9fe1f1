package reuseport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
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

func TestDescriptors(t *testing.T) {
	before, limit, err := kernel.Descriptors()
	if err != nil || before < 3 || limit <= before {
		t.Fatal(before, limit, err)
	}
	var max unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &max); err != nil || int(max.Cur) != limit {
		t.Errorf("the limit is %d, not %d: %v", max.Cur, limit, err)
	}
	var held []*os.File
	for range 50 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		held = append(held, f)
	}
	if after, _, err := kernel.Descriptors(); err != nil || after != before+len(held) {
		t.Errorf("%d descriptors, want %d: %v", after, before+len(held), err)
	}
}

// However often somebody looks, so many descriptors are kept back, and during a look
// they are free.
func TestReserveIsBounded(t *testing.T) {
	kept := func() int {
		descriptorReserve.mu.Lock()
		defer descriptorReserve.mu.Unlock()
		return len(descriptorReserve.fds)
	}
	for range 3 {
		if _, _, err := kernel.Descriptors(); err != nil {
			t.Fatal(err)
		}
		if n := kept(); n != reserved {
			t.Errorf("%d are kept back, want %d", n, reserved)
		}
		if _, err := kernel.Sockets(func() ([]int, error) {
			if len(descriptorReserve.fds) != 0 {
				t.Errorf("%d are kept back during a look", len(descriptorReserve.fds))
			}
			return nil, nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := kept(); n != reserved {
			t.Errorf("%d are kept back, want %d", n, reserved)
		}
	}
}

// Who has no descriptor left can still see which sockets are open, and so what may
// be given up.
func TestSocketsWithoutDescriptors(t *testing.T) {
	pid, inode := holding(t, "nothing")
	open, _, err := kernel.Descriptors() // a first look
	if err != nil {
		t.Fatal(err)
	}
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	var fds []int
	defer func() {
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &was)
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	}()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(open + 20), Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	for {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		fds = append(fds, fd)
	}
	if _, err := os.Open(os.DevNull); !errors.Is(err, unix.EMFILE) {
		t.Fatal(err)
	}
	for range 3 {
		sockets, err := kernel.Sockets(func() ([]int, error) { return []int{pid}, nil })
		if _, has := sockets[inode]; err != nil || !has {
			t.Errorf("socket %d is not among %v: %v", inode, sockets, err)
		}
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

// Programs that listen and do not accept occupy so many descriptors and no more.
// Another generation has turns of its own.
func TestProbesAreBounded(t *testing.T) {
	r := NewRegistry(kernel)
	t.Cleanup(func() { r.Close() })
	p := NewProber(r)
	p.slotFor = time.Hour
	for gen := handoff.GenID(1); gen <= 2; gen++ {
		r.SetProcesses(gen, func() ([]int, error) { return []int{os.Getpid()}, nil })
	}
	ctx, cancel := context.WithCancel(t.Context())
	const more = 3
	ended := make(chan error, maxProbes+more)
	for range maxProbes + more {
		e, _ := unaccepting(t, r, 1)
		go func() { ended <- p.Probe(ctx, 1, e) }()
	}
	await(t, "the probes", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		own := p.pools[1]
		return own != nil && len(own.slots) == maxProbes && own.waiting.Load() == more
	})
	e, gate := unaccepting(t, r, 2)
	go func() { ended <- p.Probe(ctx, 2, e) }()
	await(t, "the other generation's probe", func() bool { return queues(t, []int{gate})[0] == 1 })
	accept(t, gate)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	cancel()
	for range maxProbes + more {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if len(p.pools) != 0 {
		t.Errorf("turns of %d generations are left", len(p.pools))
	}
}

// Of many listeners one is accepted from: its probe has its turn, and is over only
// when it was accepted. The others have got one connection each, and their probes
// still see whether it is accepted.
func TestProbesTakeTurns(t *testing.T) {
	r := NewRegistry(kernel)
	t.Cleanup(func() { r.Close() })
	p := NewProber(r)
	p.slotFor = 10 * time.Millisecond
	r.SetProcesses(1, func() ([]int, error) { return []int{os.Getpid()}, nil })
	ctx, cancel := context.WithCancel(t.Context())
	const listeners = 3 * maxProbes
	gates, ended := make([]int, listeners), make([]chan error, listeners)
	for i := range listeners {
		var e handoff.Endpoint
		e, gates[i] = unaccepting(t, r, 1)
		ended[i] = make(chan error, 1)
		go func() { ended[i] <- p.Probe(ctx, 1, e) }()
	}
	probed := func() (n int) {
		for i, waiting := range queues(t, gates) {
			if waiting > 1 || len(ended[i]) > 0 {
				t.Fatalf("%d connections wait at listener %d, probes that are over: %d", waiting, i, len(ended[i]))
			}
			n += waiting
		}
		return n
	}
	await(t, "all to have their turn", func() bool { return probed() == listeners })
	for _, i := range []int{listeners - 1, 0, listeners / 2} {
		accept(t, gates[i])
		if err := <-ended[i]; err != nil {
			t.Error(err)
		}
	}
	cancel()
	for i, over := range ended {
		if i == 0 || i == listeners/2 || i == listeners-1 {
			continue
		}
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
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

func BenchmarkQueued(b *testing.B) {
	conn := Conn{Client: netip.MustParseAddrPort("127.0.0.1:1"), Server: netip.MustParseAddrPort("127.0.0.1:2")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kernel.Queued(conn); err != nil {
			b.Fatal(err)
		}
	}
}
