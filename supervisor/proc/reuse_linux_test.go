package proc

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The launcher has ended and its server lives. Another process, a stranger, gets the
// launcher's number, which is its process group's too. Whatever the program is sent
// does not reach the stranger. In a pid namespace one can choose who gets a number.
func TestSignalsPassTheNumbersNextOwner(t *testing.T) {
	argv := helper("reuse")
	if os.Geteuid() != 0 {
		t.Skip("a pid namespace, and the choice of numbers in it, take root")
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	defer time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }).Stop() // and the namespace with it
	var got []string
	for s := bufio.NewScanner(out); s.Scan(); {
		if strings.HasPrefix(s.Text(), "skip:") {
			t.Skip(s.Text())
		}
		got = append(got, s.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if want := "stop unharmed, Ctrl-Z unharmed, kill unharmed"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
