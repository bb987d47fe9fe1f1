package proc

import (
	"bytes"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestSignalReachesTheGroupAndWhatLeftItOnce(t *testing.T) {
	c := start(t, nil, "catch-all")
	c.ready("catch", "catch", "catch")
	c.send(unix.SIGWINCH)
	c.wants("caught 28", "caught 28", "caught 28") // a fourth would be read as the next signal's
	for _, sig := range []unix.Signal{unix.SIGUSR1, unix.SIGHUP, unix.SIGTERM} {
		caught := "caught " + strconv.Itoa(int(sig))
		c.send(sig)
		c.wants(caught) // the others are below one that may pass it on
		c.send(sig)
		c.wants(caught, caught)
	}
}

func TestKillReachesEverything(t *testing.T) {
	c := start(t, nil, "tree")
	pids := c.ready("catch", "ignore-term", "wait")
	tree := c.Tree()
	for name, pid := range pids {
		if !slices.Contains(tree, pid) {
			t.Errorf("%s %d is not in the tree %v", name, pid, tree)
		}
	}
	testkit.NoError(t, c.Kill())
	if e := c.exit(); e.Signal != unix.SIGKILL {
		t.Errorf("%+v", e)
	}
	c.gone()
	noneLives(t, pids)
}

func TestKeeperSurvivesSignals(t *testing.T) {
	c := start(t, nil, "catch")
	c.ready("catch")
	for _, sig := range []syscall.Signal{
		unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGPIPE, unix.SIGTSTP,
		unix.SIGTTIN,
	} {
		if err := unix.Kill(c.keeper.pid, sig); err != nil {
			t.Fatalf("%v: %v", sig, err)
		}
	}
	c.send(unix.SIGUSR1)
	c.wants("caught 10")
}

// Of what is ignored, the program inherits SIGHUP and SIGINT, which only whoever starts hotswap ignores; not a
// terminal's stop signals, say, which hotswap ignores while it writes there.
func TestIgnoredSignals(t *testing.T) {
	ignored := []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGTERM, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE}
	EndIdle()
	signal.Ignore(ignored...)
	defer signal.Reset(ignored...)
	c, err := try(t, nil, "cat", "/proc/self/status")
	testkit.NoError(t, err)
	b, err := io.ReadAll(c.out)
	testkit.NoError(t, err)
	for field, want := range map[string]uint64{"SigBlk:": 0, "SigIgn:": 1<<(unix.SIGHUP-1) | 1<<(unix.SIGINT-1)} {
		_, rest, ok := bytes.Cut(b, []byte(field))
		if !ok {
			t.Fatalf("no %s in %q", field, b)
		}
		mask, err := strconv.ParseUint(string(bytes.Fields(rest)[0]), 16, 64)
		if err != nil || mask != want {
			t.Errorf("%s %#x, want %#x: %v", field, mask, want, err)
		}
	}
}

// A keeper that reads no orders does not keep whoever gives them waiting: what its socket
// does not hold is dropped, the keeper is woken, and takes the order when it is repeated.
func TestStoppedKeeperHoldsUpNobody(t *testing.T) {
	c := start(t, nil, "catch")
	c.ready("catch")
	testkit.NoError(t, unix.Kill(c.keeper.pid, unix.SIGSTOP))
	testkit.NoError(t, unix.Waitid(unix.P_PID, c.keeper.pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil))
	raw, err := c.keeper.control.SyscallConn()
	testkit.NoError(t, err)
	var full error
	_ = raw.Control(func(fd uintptr) {
		for full == nil { // as orders do, but none of these wakes the keeper
			full = unix.Send(int(fd), []byte("{}"), unix.MSG_DONTWAIT)
		}
	})
	if full != unix.EAGAIN {
		t.Fatal(full)
	}
	dropped := make(chan error, 1)
	go func() { dropped <- c.Kill() }()
	select {
	case err = <-dropped:
	case <-time.After(patience):
		t.Fatal("the order waits for the keeper")
	}
	if err != unix.EAGAIN {
		t.Errorf("%v", err)
	}
	for ; err == unix.EAGAIN; err = c.Kill() {
		time.Sleep(time.Millisecond) // the keeper goes on, and reads
	}
	if err != nil {
		t.Error(err)
	}
	if e := c.exit(); e.Signal != unix.SIGKILL {
		t.Errorf("%+v", e)
	}
}
