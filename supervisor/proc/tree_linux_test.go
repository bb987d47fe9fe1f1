package proc

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// The thread that has forked a child ends, and the child falls to another: it is
// seen all the same, and once.
func TestChildOfAThreadThatEnds(t *testing.T) {
	for range 100 {
		cmd := exec.Command("cat")
		in := testkit.Must(cmd.StdinPipe())(t)
		started, ended := make(chan error, 1), make(chan struct{})
		go func() {
			thread.Own(func() { started <- cmd.Start() })
			close(ended)
		}()
		testkit.NoError(t, <-started)
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
		in.Close()
		cmd.Wait()
		if t.Failed() {
			return
		}
	}
}

// Who may open nothing more cannot see the tree, and must not take it for empty.
func TestTreeWithoutDescriptors(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	testkit.NoError(t, cmd.Start())
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	if got, err := descendants(os.Getpid()); err != nil || !slices.Contains(got, cmd.Process.Pid) {
		t.Fatal(got, err)
	}
	p := &Process{keeper: &remote{pid: os.Getpid()}}
	p.Tree()
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: was.Max}))
	got, err := descendants(os.Getpid())
	blind := p.Tree()
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
	if !errors.Is(err, unix.EMFILE) {
		t.Errorf("%v, %v", got, err)
	}
	if !slices.Contains(blind, cmd.Process.Pid) {
		t.Errorf("the generation seems to have ended: %v", blind)
	}
}
