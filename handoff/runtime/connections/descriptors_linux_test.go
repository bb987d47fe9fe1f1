package connections

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Without /proc, as on macOS, the kernel still says whether a process is there.
func TestLives(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	testkit.NoError(t, cmd.Start())
	for _, proc := range []procfs.Dir{procfs.Of(cmd.Process.Pid), procfs.Dir(t.TempDir())} {
		if !livesBy(proc, cmd.Process.Pid) {
			t.Errorf("%s: the process does not live", proc)
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	for _, proc := range []procfs.Dir{procfs.Of(cmd.Process.Pid), procfs.Dir(t.TempDir())} {
		if livesBy(proc, cmd.Process.Pid) {
			t.Errorf("%s: the process lives", proc)
		}
	}
}

// Where hotswap may open no more, a connection goes on where it was, and somebody says so.
func TestHotswapIsShortOfDescriptors(t *testing.T) {
	f, th := beginMoves(t, usualWaits)
	_, server := client(t)
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	next := testkit.Must(unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0))(t) // the lowest that is free
	testkit.NoError(t, unix.Close(next))
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: was.Max}))
	th.SayWith(rights.FD(server), `{"type":"move","at":"here"}`)
	got := th.Hear()
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
	select {
	case pid := <-f.lacks:
		if pid != os.Getpid() {
			t.Errorf("process %d lacks descriptors", pid)
		}
	case <-time.After(testPatience):
		t.Errorf("nobody says so, after %s", got)
	}
}
