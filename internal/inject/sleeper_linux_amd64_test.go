package inject

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// sleeperPath compiles testdata/sleeper.c once.
var sleeperPath = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "inject")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "sleeper")
	if out, err := exec.Command("gcc", "-O2", "-o", path, "testdata/sleeper.c").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := sleeperPath(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// sleeper is a process of one thread that sleeps in one system call.
type sleeper struct {
	t   testing.TB
	pid int
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startSleeper starts it below a shell, as a keeper is the parent of a program: a tracer that is the parent
// takes the status of a process that dies.
func startSleeper(t testing.TB, args ...string) *sleeper {
	t.Helper()
	path, err := sleeperPath()
	if err != nil {
		t.Skip("no C compiler: ", err)
	}
	s := &sleeper{t: t, cmd: exec.Command("sh", append([]string{"-c", `"$@"; echo "ended $?"`, "sh", path}, args...)...)}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.in.Close(); s.signal(unix.SIGKILL); _ = s.cmd.Wait() })
	if s.pid, err = strconv.Atoi(s.line()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sleeper) signal(sig unix.Signal) {
	if s.pid > 0 {
		_ = unix.Kill(s.pid, sig)
	}
}

func (s *sleeper) line() string {
	s.t.Helper()
	text, err := s.out.ReadString('\n')
	if err != nil {
		s.t.Fatal("the sleeper says nothing: ", err)
	}
	return strings.TrimSpace(text)
}

// storm injects calls until stop is closed or there were so many, and returns how many and the longest and
// the mean time for which the thread was stopped.
func (s *sleeper) storm(stop <-chan struct{}, most int) (n int, longest, mean time.Duration) {
	var all time.Duration
	for n < most {
		select {
		case <-stop:
			return n, longest, all / time.Duration(max(n, 1))
		default:
		}
		var got int
		var failed error
		began := time.Now()
		err := Stop(s.pid, func(t *Thread) { got, failed = t.Call(nil, unix.SYS_GETPID) })
		if errors.Is(err, ErrBusy) {
			runtime.Gosched()
			continue
		}
		if state := task.State(s.pid, s.pid); failed == unix.ESRCH && (state == 'Z' || state == 0) {
			break // killed
		}
		if err != nil || failed != nil || got != s.pid {
			s.t.Errorf("getpid in process %d: %d, %v, %v", s.pid, got, failed, err)
			break
		}
		took := time.Since(began)
		n, longest, all = n+1, max(longest, took), all+took
	}
	return n, longest, all / time.Duration(max(n, 1))
}
