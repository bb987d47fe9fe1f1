package doctor

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

var probes = []probe{
	{IDSystem, "system", trySystem},
	{IDSeccomp, "seccomp notification", trySeccomp},
	{IDKeeper, "keeper", tryKeeper},
	{IDGetFD, "pidfd_getfd", tryGetFD},
	{IDMemory, "reading memory", tryMemory},
	{IDAddFD, "ADDFD injection", tryAddFD},
	{IDSteer, "steering", trySteer},
	{IDSockDiag, "sock_diag", trySockDiag},
	{IDSwap, "a whole swap", trySwap},
	{IDInotify, "inotify", tryInotify},
}

func trySystem(*session) Finding {
	var u unix.Utsname
	_ = unix.Uname(&u) // fails for a bad address only
	return works("Linux %s %s", unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Machine[:]))
}

// trySeccomp installs hotswap's own filter, on a thread that then ends.
func trySeccomp(*session) Finding {
	filter, err := intercept.Filter(runtime.GOARCH, intercept.Sockets)
	if err != nil {
		return missing(runtime.GOARCH, err.Error(), "use a machine that is amd64 or arm64")
	}
	before, after := false, false
	err = onThread(func() error {
		before = noNewPrivs()
		fd, err := seccomp.Install(filter)
		after = noNewPrivs()
		if err != nil {
			return err
		}
		return unix.Close(fd)
	})
	who := "as an unprivileged user"
	if os.Geteuid() == 0 {
		who = "as root"
	}
	switch {
	case err == nil && after && !before:
		return works("%s, with no_new_privs: sudo does not work in the program", who)
	case err == nil && after:
		return works("%s; no_new_privs was set already", who)
	case err == nil:
		return works("%s, without no_new_privs", who)
	case errors.Is(err, unix.EBUSY):
		return missing("busy", "another filter with a listener is installed already: by another hotswap, or by the container's runtime",
			"run hotswap outside the other hotswap, or outside the container")
	case errors.Is(err, unix.EINVAL):
		return missing(err.Error(), "the kernel is older than 5.0, or built without CONFIG_SECCOMP_FILTER", "use a newer kernel")
	}
	return missing(err.Error(), forbiddenBy(), "docker run --security-opt seccomp=unconfined, or a profile that allows seccomp(2)")
}

// onThread runs f on a new thread that ends with f, because filters and no_new_privs stay with
// their thread.
func onThread(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked
		result <- f()
	}()
	return <-result
}

func noNewPrivs() bool {
	n, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	return err == nil && n == 1
}

// forbiddenBy guesses the reason of an EPERM.
func forbiddenBy() string {
	if b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); err == nil {
		if scope := strings.TrimSpace(string(b)); scope > "1" {
			return "Yama forbids to look into other processes: kernel.yama.ptrace_scope is " + scope
		}
	}
	b, _ := os.ReadFile("/proc/self/status")
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("Seccomp:")); ok && string(bytes.TrimSpace(rest)) == "2" {
			return "a seccomp filter forbids it, most likely a container's profile"
		}
	}
	return "a security module (AppArmor, SELinux) forbids it, or a privilege is missing"
}
