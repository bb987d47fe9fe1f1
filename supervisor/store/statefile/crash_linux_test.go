package statefile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// writerEnv makes this test binary a process that writes to the state file at that path and
// prints what was acknowledged: "KEY SUM" for each sum, "FAILED error" for each failure, and at
// the end "HAS KEY SUM" for what its memory has.
const (
	writerEnv = "HOTSWAP_TEST_STATE_FILE"
	keysEnv   = "HOTSWAP_TEST_STATE_KEYS"  // so many goroutines add, each to a key of its own
	countEnv  = "HOTSWAP_TEST_STATE_COUNT" // so often each
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
	keys, _ := strconv.Atoi(os.Getenv(keysEnv))
	count, _ := strconv.Atoi(os.Getenv(countEnv))
	f, err := Open(path)
	if err != nil {
		return err
	}
	s := store.New(store.Limits{})
	if err := s.Attach(f); err != nil {
		return err
	}
	f.limit = int64(len(os.Getenv(limitEnv))) // it is renewed after each commit, or never
	if f.limit == 0 {
		f.limit = maxSize
	}
	add := func(key string) {
		for i := range count {
			var item store.Item
			err := s.Do(func(tx *store.Tx) {
				item, _ = tx.Add(key, 1)
				_, _ = tx.Set(fmt.Sprintf("%s/%d", key, i%3), store.Value{Bytes: make([]byte, 5000*(1+i%4))}, store.Write{})
			})
			if limit := os.Getenv(limitEnv); limit != "" {
				f.limit = 1
			}
			if err != nil {
				fmt.Printf("FAILED %v\n", err)
			} else {
				fmt.Printf("%s %s\n", key, item.Value.JSON)
			}
		}
	}
	if keys == 1 {
		add("0")
	} else {
		var all sync.WaitGroup
		for key := range keys {
			all.Go(func() { add(fmt.Sprint(key)) })
		}
		all.Wait()
	}
	for key := range keys {
		if item, ok := get(s, fmt.Sprint(key)); ok {
			fmt.Printf("HAS %s %s\n", item.Key, item.Value.JSON)
		}
	}
	return s.Close()
}

// writer returns a command that writes.
func writer(path string, keys, count int, before ...string) *exec.Cmd {
	args := append(before, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", writerEnv+"="+path, keysEnv+"="+fmt.Sprint(keys), countEnv+"="+fmt.Sprint(count))
	return cmd
}

// sums returns the last sum of each key that was acknowledged.
func sums(output string) map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(output) {
		if key, sum, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			if n, err := strconv.Atoi(sum); err == nil {
				out[key] = n
			}
		}
	}
	return out
}

// after returns the sums in the file, which must be intact.
func after(t *testing.T, path string, keys int) map[string]int {
	t.Helper()
	s := opened(t, path)
	out := map[string]int{}
	for key := range keys {
		if item, ok := get(s, fmt.Sprint(key)); ok {
			n, err := strconv.Atoi(string(item.Value.JSON))
			if err != nil {
				t.Fatal(err)
			}
			out[item.Key] = n
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Many write at once, and the process is killed at some moment.
func TestKilledAtAnyMoment(t *testing.T) {
	const keys = 8
	path := filepath.Join(t.TempDir(), "state.db")
	acknowledged := map[string]int{}
	for round := range 12 {
		cmd := writer(path, keys, 1<<20)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var seen bytes.Buffer
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			fmt.Fprintln(&seen, lines.Text())
			if n == 1+17*round {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		for key, sum := range sums(seen.String()) {
			acknowledged[key] = sum
		}
		for key, sum := range after(t, path, keys) {
			if said := acknowledged[key]; sum < said || sum > said+1 {
				t.Fatalf("round %d: key %s has %d, acknowledged %d", round, key, sum, said)
			}
			acknowledged[key] = sum
		}
	}
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
		cmd := writer(path, 1, count, strace...)
		cmd.Stdout = &out
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		killed = cmd.ProcessState.Sys().(syscall.WaitStatus).Signaled()
		said := sums(out.String())["0"]
		if has := after(t, path, 1)["0"]; has < said || has > said+1 || !killed && has != count {
			t.Errorf("%s %d: the file has %d, acknowledged %d", call, n, has, said)
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
		cmd := writer(path, 1, count, strace...)
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
		if !strings.Contains(string(out), fmt.Sprintf("HAS 0 %d\n", want)) {
			t.Errorf("%s %d: the memory has %s", call, n, out)
		}
		if has := after(t, path, 1)["0"]; has != want {
			t.Errorf("%s %d: the file has %d, want %d", call, n, has, want)
		}
		return failed
	})
}
