package procfs

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A thread may have a name that looks like a state.
func TestStat(t *testing.T) {
	runtime.LockOSThread() // which ends with the test, for its name
	pid, tid := os.Getpid(), unix.Gettid()
	if !slices.Contains(Threads(pid), tid) {
		t.Errorf("thread %d is missing: %v", tid, Threads(pid))
	}
	name := []byte(") Z (\x00")
	testkit.NoError(t, unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0))
	stat := testkit.Must(Thread(pid, tid).Stat())(t)
	if stat.State() != 'R' || stat.Number(4) != uint64(os.Getppid()) {
		t.Errorf("state %q of a thread that runs, of a child of %s", stat.State(), stat.Field(4))
	}
	if _, err := Thread(pid, 1<<30).Stat(); !Over(err) {
		t.Errorf("the state of no thread: %v", err)
	}
}

func TestField(t *testing.T) {
	text := []byte("oom_kill_all 1\noom_kill 2\nPss:      12 kB\nflags:\t02000002\nGroups:\t\n0::/a/b\n")
	if a, b, c := Number(text, "oom_kill", 10), Number(text, "Pss", 10), Number(text, "flags", 8); a != 2 || b != 12 ||
		c != 0o2000002 {
		t.Errorf("%d, %d, %o", a, b, c)
	}
	if a, b, c := Field(text, "0"), Field(text, "Groups"), Number(text, "Shared", 10); a != ":/a/b" || b != "" ||
		c != 0 {
		t.Errorf("%q, %q, %d", a, b, c)
	}
}

// A process that ends while it is read is as one that has ended before: the kernel says ESRCH at the read.
func TestOver(t *testing.T) {
	cmd := exec.Command("cat")
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	testkit.Must(in.Write([]byte("x")))(t)
	testkit.Must(out.Read(make([]byte, 1)))(t) // before that its arguments may not be there
	f := testkit.Must(os.Open(Of(cmd.Process.Pid).Path("stat")))(t)
	defer f.Close()
	if got := Of(cmd.Process.Pid).Program(); got == "" ||
		!slices.Equal(Of(cmd.Process.Pid).Words("cmdline"), []string{"cat"}) {
		t.Errorf("it runs %q", got)
	}
	in.Close()
	cmd.Wait()
	if _, err := f.Read(make([]byte, 1)); !Over(err) {
		t.Error(err)
	}
	if _, err := Of(cmd.Process.Pid).Stat(); !Over(err) || Of(cmd.Process.Pid).Program() != "" {
		t.Error(err)
	}
}
