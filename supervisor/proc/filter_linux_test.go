package proc

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// allowAll is a filter that lets every call pass.
func allowAll() []byte {
	return seccomp.Encode([]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}})
}

// status is a line of /proc/PID/status.
func status(t *testing.T, pid int, field string) string {
	t.Helper()
	b := testkit.Must(os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status"))(t)
	_, rest, _ := strings.Cut(string(b), "\n"+field+":")
	return strings.Fields(rest + " ?")[0]
}

// The filter is the program's and its descendants', never the keeper's: so its
// listener hangs up with the last one below.
func TestFilterIsBelowTheKeeper(t *testing.T) {
	c := start(t, func(s *Spec) { s.Filter = allowAll() }, "wait")
	c.ready("wait")
	fd := testkit.Must(c.Listener())(t)
	defer unix.Close(fd)
	if got := status(t, c.PID(), "Seccomp"); got != "2" {
		t.Errorf("the program's mode is %s", got)
	}
	if got := status(t, c.keeper.pid, "Seccomp"); got != "0" && status(t, os.Getpid(), "Seccomp") == "0" {
		t.Errorf("the keeper's mode is %s", got)
	}
	// Only who has no CAP_SYS_ADMIN gives up sudo.
	want := "0"
	if os.Geteuid() != 0 {
		want = "1"
	}
	if got := status(t, c.PID(), "NoNewPrivs"); got != want {
		t.Errorf("no_new_privs is %s, want %s", got, want)
	}
	c.in.Close()
	fds := []unix.PollFd{{Fd: int32(fd)}}
	if !polled(fds) || fds[0].Revents&unix.POLLHUP == 0 {
		t.Errorf("the listener did not hang up: %#x", fds[0].Revents)
	}
}

// A filter that the kernel refuses does not keep the program from running.
func TestRefusedFilterIsTold(t *testing.T) {
	c := start(t, func(s *Spec) { s.Filter = make([]byte, 8) }, "wait") // BPF_LD without a return
	c.ready("wait")
	if _, err := c.Listener(); !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v, want EINVAL", err)
	}
}
