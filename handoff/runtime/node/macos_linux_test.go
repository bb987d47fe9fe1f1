package node

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A process keeps its own descriptor until it hears what has become of it, whether anybody takes it. Where hotswap may open
// no more, nothing has come (recvmsg(2), MSG_CTRUNC), the next line has its own, and somebody says so.
func TestWhatBecomesOfADescriptor(t *testing.T) {
	for _, kind := range []string{"move", "give"} {
		t.Run(kind, func(t *testing.T) {
			f, th := beginMoves(t, usualWaits)
			_, server := client(t)
			send := func(want string) {
				t.Helper()
				raw := testkit.Must(server.SyscallConn())(t)
				testkit.NoError(t, raw.Control(func(fd uintptr) { th.sendWith(int(fd), `{"type":"`+kind+`","at":"here"}`) }))
				if th.in.Scan(); th.in.Text() != want {
					t.Errorf("told %s, want %s", th.in.Text(), want)
				}
			}
			var was unix.Rlimit
			testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
			next := testkit.Must(unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0))(t) // the lowest that is free
			testkit.NoError(t, unix.Close(next))
			testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: was.Max}))
			send(`{"type":"got","lost":true}`)
			testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
			send(`{"type":"got"}`)
			f.tr.mu.Lock()
			defer f.tr.mu.Unlock()
			if !f.tr.limits[short(os.Getpid())] {
				t.Error("nobody says so")
			}
		})
	}
}

// Without /proc, as on macOS, the kernel still says whether a process is there.
func TestLives(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	testkit.NoError(t, cmd.Start())
	for _, proc := range []string{"/proc", t.TempDir()} {
		if !livesBy(proc, cmd.Process.Pid) {
			t.Errorf("%s: the process does not live", proc)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for _, proc := range []string{"/proc", t.TempDir()} {
		if livesBy(proc, cmd.Process.Pid) {
			t.Errorf("%s: the process lives", proc)
		}
	}
}
