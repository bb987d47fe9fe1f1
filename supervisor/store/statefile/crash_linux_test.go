package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// writerEnv makes this test binary a process that adds to a key in the state file at that path, count times, and
// prints what was acknowledged: each sum, "FAILED error" for each failure, and at the end "HAS SUM" for what its
// memory has.
const (
	writerEnv = "HOTSWAP_TEST_STATE_FILE"
	limitEnv  = "HOTSWAP_TEST_STATE_LIMIT" // set: a new file takes the place of the old one after each commit
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := write(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func write(path string) error {
	runtime.LockOSThread() // strace counts the calls of each thread
	f, err := Open(path)
	if err != nil {
		return err
	}
	s := store.New(store.Limits{})
	if err := s.Attach(f); err != nil {
		return err
	}
	for i := range count {
		f.limit = maxSize // it is renewed after each commit, or never
		if os.Getenv(limitEnv) != "" {
			f.limit = 1
		}
		var item store.Item
		if err := s.Do(func(tx *store.Tx) {
			item, _ = tx.Add("n", 1)
			_, _ = tx.Set(fmt.Sprint(i%3), store.Value{Bytes: make([]byte, 5000*(1+i%4))}, store.Write{})
		}); err != nil {
			fmt.Printf("FAILED %v\n", err)
		} else {
			fmt.Printf("%s\n", item.Value.JSON)
		}
	}
	item, _ := get(s, "n")
	fmt.Printf("HAS %s\n", item.Value.JSON)
	return s.Close()
}

// writer returns a command that writes.
func writer(path string, before ...string) *exec.Cmd {
	args := append(before, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", writerEnv+"="+path)
	return cmd
}

// said returns the last sum that was acknowledged.
func said(output string) (sum int) {
	for line := range strings.Lines(output) {
		if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			sum = n
		}
	}
	return sum
}

// after returns the sum in the file, which must be intact.
func after(t *testing.T, path string) int {
	t.Helper()
	s := opened(t, path)
	item, ok := get(s, "n")
	sum, err := 0, error(nil)
	if ok {
		sum, err = strconv.Atoi(string(item.Value.JSON))
	}
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return sum
}

// strace runs f with the arguments that inject a fault into the n-th call of each system
// call by which a file is written, until a process has made no such call.
func faults(t *testing.T, calls []string, inject string, f func(t *testing.T, call string, n int, strace []string) (more bool)) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is missing")
	}
	if out, err := exec.Command(strace, "-qq", "-o", "/dev/null", "true").CombinedOutput(); err != nil {
		t.Skipf("strace: %s", out)
	}
	for _, call := range calls {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				injected := fmt.Sprintf("inject=%s:%s:when=%d", call, inject, n)
				if !f(t, call, n, []string{strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", injected}) {
					if n == 1 {
						t.Errorf("no process calls %s", call)
					}
					t.Logf("%d calls", n-1)
					return
				}
			}
		})
	}
}

// count is how many times a process writes that is traced.
const count = 4

func TestKilledAtEachStep(t *testing.T) {
	t.Setenv(limitEnv, "1")
	faults(t, []string{"pwrite64", "write", "fsync", "renameat"}, "signal=KILL", func(t *testing.T, call string, n int, strace []string) (killed bool) {
		path := filepath.Join(t.TempDir(), "state.db")
		var out bytes.Buffer
		cmd := writer(path, strace...)
		cmd.Stdout = &out
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		killed = cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled()
		told := said(out.String())
		if has := after(t, path); has < told || has > told+1 || !killed && has != count {
			t.Errorf("%s %d: the file has %d, acknowledged %d", call, n, has, told)
		}
		return killed
	})
}

// A write that fails is an error for its request, and neither the memory nor the file has
// it; the next one works.
func TestWritesThatFail(t *testing.T) {
	faults(t, []string{"pwrite64", "fsync"}, "error=ENOSPC", func(t *testing.T, call string, n int, strace []string) (failed bool) {
		path := filepath.Join(t.TempDir(), "state.db")
		opened(t, path).Close()
		cmd := writer(path, strace...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %d: %v", call, n, err)
		}
		_, rest, failed := strings.Cut(string(out), "FAILED ")
		want := count
		if failed {
			want--
			if line, _, _ := strings.Cut(rest, "\n"); !strings.HasPrefix(line, "the state cannot be written to the disk: ") || !strings.Contains(line, "no space left on device") {
				t.Errorf("%s %d: %s", call, n, line)
			}
		}
		if !strings.Contains(string(out), fmt.Sprintf("HAS %d\n", want)) {
			t.Errorf("%s %d: the memory has %s", call, n, out)
		}
		if has := after(t, path); has != want {
			t.Errorf("%s %d: the file has %d, want %d", call, n, has, want)
		}
		return failed
	})
}
