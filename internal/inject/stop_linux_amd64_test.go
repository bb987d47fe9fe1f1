package inject

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// A sleep with a limit ends at its time, however often the thread is stopped.
func TestSleepEndsAtItsTime(t *testing.T) {
	const limit = 700
	for kind, want := range map[string]string{
		"nanosleep": "0 0", "clock_nanosleep": "0 0", "clock_nanosleep until": "0 0", "futex": "-1 110",
		"poll": "0 0", "ppoll": "0 0", "select": "0 0",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := startSleeper(t, kind, fmt.Sprint(limit))
			stop, over := make(chan struct{}), make(chan string)
			go func() {
				n, longest, mean := s.storm(stop, 1<<30)
				over <- fmt.Sprintf("%d stops, %v, at most %v", n, mean, longest)
			}()
			var r, no int
			var ms float64
			line := s.line()
			close(stop)
			t.Log(<-over)
			if _, err := fmt.Sscan(line, &r, &no, &ms); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(r, no) != want {
				t.Errorf("result and errno %d %d, want %s", r, no, want)
			}
			if ms < limit { // how much later it may be depends on the machine
				t.Errorf("it slept %.0f ms, want %d", ms, limit)
			}
		})
	}
}

// A sleep without a limit ends with what it waits for, and nothing else has changed.
func TestSleepGoesOn(t *testing.T) {
	most := 3000
	if testing.Short() {
		most = 300
	}
	for kind, want := range map[string]string{
		"poll": "1 0", "epoll_wait": "1 0", "epoll_pwait": "1 0", "read": "4 0", "recv": "4 0", "registers": "4 0",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := startSleeper(t, kind)
			for _, sleeps := choose(s.pid, nil); !sleeps; _, sleeps = choose(s.pid, nil) {
			}
			blocked := statusLine(s.pid, "SigBlk") // epoll_pwait has changed it
			n, longest, mean := s.storm(nil, most)
			t.Logf("%d stops, %v, at most %v", n, mean, longest)
			if now := statusLine(s.pid, "SigBlk"); now != blocked || now == "" {
				t.Errorf("signals %q are blocked, want %q", now, blocked)
			}
			if _, err := s.in.Write([]byte("byte")); err != nil {
				t.Fatal(err)
			}
			if line := s.line(); !strings.HasPrefix(line, want+" ") {
				t.Errorf("%s, want %s", line, want)
			}
		})
	}
}

// epoll_wait with a limit is stopped only if there is nothing better, and then returns EINTR, as after a
// SIGSTOP.
func TestEpollWaitWithALimitReturnsEINTR(t *testing.T) {
	s := startSleeper(t, "epoll_wait", "60000")
	if n, _, _ := s.storm(nil, 1); n != 1 {
		t.Fatal("not stopped")
	}
	if line := s.line(); !strings.HasPrefix(line, "-1 4 ") {
		t.Errorf("%s, want -1 and EINTR", line)
	}
}

// A signal that only ppoll lets through is handled once, and ends ppoll with EINTR, each time.
func TestSignalsAreNeitherLostNorDelayed(t *testing.T) {
	const most = 400
	s := startSleeper(t, "signals", fmt.Sprint(most))
	stop, over := make(chan struct{}), make(chan int)
	go func() { n, _, _ := s.storm(stop, 1<<30); over <- n }()
	for range most / 2 { // two signals each, for one character
		for range 2 {
			s.signal(unix.SIGUSR1)
			for pending(s.pid) {
			}
		}
		if b, err := s.out.ReadByte(); err != nil || b != '.' {
			rest, _ := s.out.ReadString('\n')
			t.Fatalf("%q %v: a signal was lost, or a call restarted", string(b)+rest, err)
		}
	}
	close(stop)
	t.Logf("%d stops", <-over)
	if end := s.line() + s.line(); end != "ended 0" {
		t.Error(end)
	}
}

// pending reports whether the process has not got a signal yet.
func pending(pid int) bool { return strings.Trim(statusLine(pid, "ShdPnd"), "0") != "" }

// statusLine returns a line of proc_pid_status(5), or "" if the process has ended.
func statusLine(pid int, name string) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(b), "\n"+name+":")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

// A process that is suspended in the midst is suspended, and goes on later.
func TestSuspendedInTheMidst(t *testing.T) {
	s := startSleeper(t, "read")
	stop, over := make(chan struct{}), make(chan int)
	go func() { n, _, _ := s.storm(stop, 1<<30); over <- n }()
	for range 100 {
		s.signal(unix.SIGSTOP)
		for task.State(s.pid, s.pid) != 'T' {
		}
		if err := Stop(s.pid, func(*Thread) { t.Error("a suspended process was stopped") }); !errors.Is(err, ErrBusy) {
			t.Errorf("suspended: %v, want ErrBusy", err)
		}
		s.signal(unix.SIGCONT)
		for task.State(s.pid, s.pid) == 'T' {
		}
	}
	close(stop)
	t.Logf("%d stops", <-over)
	if _, err := s.in.Write([]byte("byte")); err != nil {
		t.Fatal(err)
	}
	if line := s.line(); !strings.HasPrefix(line, "4 0 ") {
		t.Error(line)
	}
}

// The parent of a process that dies in the midst gets its status.
func TestKilledInTheMidst(t *testing.T) {
	for range 20 {
		s := startSleeper(t, "read")
		stop, over := make(chan struct{}), make(chan struct{})
		first := make(chan struct{})
		go func() {
			defer close(over)
			s.storm(nil, 20)
			close(first)
			s.storm(stop, 1<<30)
		}()
		<-first
		s.signal(unix.SIGKILL)
		for line := s.line(); line != "ended 137"; line = s.line() { // the shell may say more
			if line != "Killed" {
				t.Fatal(line)
			}
		}
		close(stop)
		<-over
	}
}

func TestCancelled(t *testing.T) {
	s := startSleeper(t, "read")
	files := func() int {
		names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.pid))
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	before := files()
	use := func(use func(*Thread)) {
		t.Helper()
		for {
			if err := Stop(s.pid, use); err == nil {
				return
			} else if !errors.Is(err, ErrBusy) {
				t.Fatal(err)
			}
		}
	}
	use(func(th *Thread) {
		if _, err := th.Call(func() bool { return false }, unix.SYS_DUP, 0); err != ErrCancelled {
			t.Errorf("%v, want ErrCancelled", err)
		}
	})
	if n := files(); n != before {
		t.Errorf("%d descriptors after a cancelled dup, were %d", n, before)
	}
	use(func(th *Thread) {
		dup, err := th.Call(func() bool { return true }, unix.SYS_DUP, 0)
		if err != nil || files() != before+1 {
			t.Errorf("%d descriptors after a dup, were %d; %v", files(), before, err)
		}
		if _, err := th.Call(nil, unix.SYS_CLOSE, uintptr(dup)); err != nil || files() != before {
			t.Errorf("%d descriptors after its close, were %d; %v", files(), before, err)
		}
		if _, err := th.Call(nil, unix.SYS_CLOSE, 12345); err != unix.EBADF {
			t.Errorf("%v, want EBADF", err)
		}
		for _, on := range []bool{true, false} {
			if _, ok := th.Flag(on); !ok {
				t.Errorf("no flag %v in the vDSO", on)
			}
		}
	})
	if _, err := s.in.Write([]byte("byte")); err != nil {
		t.Fatal(err)
	}
	if line := s.line(); !strings.HasPrefix(line, "4 0 ") {
		t.Error(line)
	}
}

// A call may need memory, which the thread maps.
func TestMemory(t *testing.T) {
	s := startSleeper(t, "read")
	err := ErrBusy
	for errors.Is(err, ErrBusy) {
		err = Stop(s.pid, func(th *Thread) {
			addr, err := th.Call(nil, unix.SYS_MMAP, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
			if err != nil {
				t.Error(err)
				return
			}
			at, b := uintptr(addr), make([]byte, 8)
			if err := th.Poke(at+16, 0x0807060504030201); err != nil {
				t.Error(err)
			}
			if word, err := th.Peek(at + 16); err != nil || word != 0x0807060504030201 {
				t.Errorf("%#x, %v", word, err)
			}
			if err := th.Read(at+17, b[:4]); err != nil || string(b[:4]) != "\x02\x03\x04\x05" {
				t.Errorf("%q, %v", b, err)
			}
			if _, err := th.Call(nil, unix.SYS_MUNMAP, at, 4096); err != nil {
				t.Error(err)
			}
			if _, err := th.Peek(at); err == nil {
				t.Error("the memory is still there")
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A process that is debugged is left alone, and one that may not be made to call.
func TestLeftAlone(t *testing.T) {
	s := startSleeper(t, "pause")
	attached, detach := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		attached <- ptrace(unix.PTRACE_SEIZE, s.pid, 0)
		<-detach
		_ = ptrace(unix.PTRACE_INTERRUPT, s.pid, 0)
		th := &Thread{pid: s.pid, tid: s.pid}
		_, _, _ = th.wait()
		th.detach(trapped, 0)
		attached <- nil
	}()
	if err := <-attached; err != nil {
		t.Fatal(err)
	}
	none := func(*Thread) { t.Error("stopped") }
	if err := Stop(s.pid, none); !errors.Is(err, ErrBusy) {
		t.Errorf("debugged: %v, want ErrBusy", err)
	}
	close(detach)
	<-attached
	if n, _, _ := s.storm(nil, 1); n != 1 {
		t.Error("not stopped after the debugger has left")
	}
	if err := Stop(startSleeper(t, "filters").pid, none); !errors.Is(err, ErrForbidden) {
		t.Errorf("with filters of its own: %v, want ErrForbidden", err)
	}
	if err := Stop(1<<30, none); !errors.Is(err, ErrBusy) {
		t.Errorf("no process: %v, want ErrBusy", err)
	}
}

// Before hotswap ends it stops no thread any more.
func TestFinish(t *testing.T) {
	s := startSleeper(t, "read")
	s.storm(nil, 1)
	Finish()
	defer gate.Unlock()
	if err := Stop(s.pid, func(*Thread) { t.Error("a thread was stopped") }); !errors.Is(err, ErrBusy) {
		t.Errorf("%v, want ErrBusy", err)
	}
}

// TestParse reads what the kernel writes (proc_pid_syscall(5)).
func TestParse(t *testing.T) {
	for text, want := range map[string]sleep{
		"running\n":          unsuitable,
		"-1 0x7ffe9 0x7f1\n": unsuitable,
		"202 0x1 0x80 0x0 0x0 0x0 0x0 0x7ffe9 0x7f1\n":           unnoticed,  // futex
		"232 0x4 0x7ff 0x400 0xffffffff 0x0 0x0 0x7ffe9 0x7f1\n": unnoticed,  // epoll_wait
		"281 0x4 0x7ff 0x400 0x3e8 0x0 0x8 0x7ffe9 0x7f1\n":      noticed,    // epoll_pwait
		"49 0x4 0x7ff 0x10 0x0 0x0 0x0 0x7ffe9 0x7f1\n":          unsuitable, // bind, which waits for hotswap
		"1073742026 0x1 0x80 0x0 0x0 0x0 0x0 0x7ffe9 0x7f1\n":    unsuitable, // of the x32 ABI
	} {
		c, ok := parse(text)
		got := unsuitable
		if ok {
			got = c.sleep()
		}
		if got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	epoll, _ := parse("232 0x4 0x7ff 0x400 0xffffffff 0x0 0x0 0x7ffe9 0x7f1\n")
	limited, _ := parse("232 0x4 0x7ff 0x400 0x5 0x0 0x0 0x7ffe9 0x7f1\n")
	got := []int64{epoll.continued(-4), epoll.continued(3), limited.continued(-4), limited.continued(-516)}
	if want := []int64{-514, 3, -4, -516}; !slices.Equal(got, want) {
		t.Errorf("continued with %v, want %v", got, want)
	}
}

// BenchmarkStop is a stop with one call, which is to say all that the program notices of setting an option.
func BenchmarkStop(b *testing.B) {
	s := startSleeper(b, "read")
	var stopped time.Duration
	for b.Loop() {
		err := ErrBusy
		for errors.Is(err, ErrBusy) {
			err = Stop(s.pid, func(t *Thread) {
				began := time.Now()
				_, _ = t.Call(nil, unix.SYS_GETPID)
				stopped += time.Since(began)
			})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(stopped.Microseconds())/float64(b.N), "µs/call")
}
