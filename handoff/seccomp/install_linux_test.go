package seccomp

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// allowAll is a filter that lets every call pass.
func allowAll() []byte {
	return Encode([]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}})
}

// A filter belongs to its thread (seccomp(2)), and the thread ends.
func TestTryLeavesNothingBehind(t *testing.T) {
	testkit.NothingLeft(t, 10, func(int) {
		testkit.NoError(t, Try(allowAll()))
	})
	// Twice on one thread would be EBUSY, and a thread that had it would pass
	// it, and no_new_privs, on to whatever it forks.
	want := field(t, "/proc/self/status", "Seccomp") + field(t, "/proc/self/status", "NoNewPrivs")
	for range 20 {
		out := testkit.Must(exec.Command("cat", "/proc/self/status").Output())(t)
		if got := value(string(out), "Seccomp") + value(string(out), "NoNewPrivs"); got != want {
			t.Errorf("a child's mode and no_new_privs: %s, want %s", got, want)
		}
	}
}

func field(t *testing.T, file, name string) string {
	t.Helper()
	b := testkit.Must(os.ReadFile(file))(t)
	return value(string(b), name)
}

func value(status, name string) string {
	_, rest, _ := strings.Cut(status, "\n"+name+":")
	return strings.Fields(rest + " ?")[0]
}

func TestInstall(t *testing.T) {
	thread.Own(func() {
		if fd, err := Install(make([]byte, 8)); !errors.Is(err, unix.EINVAL) {
			t.Errorf("no return: %d %v, want EINVAL", fd, err)
		}
		fd, err := Install(allowAll())
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Close(fd)
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("the listener would be inherited: %v", err)
		}
		// no_new_privs only where it is needed.
		thread := filepath.Join("/proc/self/task", strconv.Itoa(unix.Gettid()), "status")
		want := "1"
		if os.Geteuid() == 0 {
			want = field(t, "/proc/self/status", "NoNewPrivs")
		}
		if got := field(t, thread, "NoNewPrivs"); got != want {
			t.Errorf("no_new_privs is %s, want %s", got, want)
		}
		if fd, err := Install(allowAll()); !errors.Is(err, unix.EBUSY) {
			t.Errorf("a second listener: %d %v, want EBUSY", fd, err)
		}
	})
}

// Only fatal signals interrupt a call that hotswap has heard of (state D, proc_pid_stat(5)): Go's runtime preempts
// threads by SIGURG, also those that bind.
func TestSignalsDoNotInterruptANotifiedCall(t *testing.T) {
	filter := Encode([]unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}, // the call's number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_GETPRIORITY},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	})
	began, ended := make(chan [2]int), make(chan bool)
	go thread.Own(func() {
		began <- [2]int{testkit.Must(Install(filter))(t), unix.Gettid()}
		_, _, _ = unix.Syscall(unix.SYS_GETPRIORITY, 0, 0, 0)
		close(ended)
	})
	at := <-began
	defer unix.Close(at[0])
	call := testkit.Must(Listener(at[0]).Receive())(t)
	testkit.Eventually(t, func() error {
		_ = unix.Tgkill(os.Getpid(), at[1], unix.SIGURG) // with which the kernel begins to wait so
		stat, err := procfs.Thread(os.Getpid(), at[1]).Stat()
		if err == nil && stat.State() != 'D' {
			err = fmt.Errorf("state %c", stat.State())
		}
		return err
	})
	call.Return(0)
	<-ended
}
