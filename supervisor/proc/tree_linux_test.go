package proc

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/thread"
)

// The thread that has forked a child ends, and the child falls to another: it is
// seen all the same, and once.
func TestChildOfAThreadThatEnds(t *testing.T) {
	for range 100 {
		cmd := exec.Command("cat")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		started, ended := make(chan error, 1), make(chan struct{})
		go func() {
			thread.Own(func() { started <- cmd.Start() })
			close(ended)
		}()
		if err := <-started; err != nil {
			t.Fatal(err)
		}
		for looks, over := 0, false; looks < 20 || !over; looks++ {
			select {
			case <-ended:
				over = true
			default:
			}
			seen := Children(os.Getpid())
			if i := slices.Index(seen, cmd.Process.Pid); i < 0 || slices.Contains(seen[i+1:], cmd.Process.Pid) {
				t.Errorf("look %d: the child is not there once: %v", looks, seen)
				break
			}
		}
		_ = in.Close()
		_ = cmd.Wait()
		if t.Failed() {
			return
		}
	}
}

// Who may open nothing more cannot see the tree, and must not take it for empty.
func TestTreeWithoutDescriptors(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if got, err := descendants(os.Getpid()); err != nil || !slices.Contains(got, cmd.Process.Pid) {
		t.Fatal(got, err)
	}
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	got, err := descendants(os.Getpid())
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, unix.EMFILE) {
		t.Errorf("%v, %v", got, err)
	}
}
