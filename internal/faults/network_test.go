//go:build linux

package faults

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const (
	envApart  = "FAULTS_APART"  // all generations but the first start a helper in another network namespace
	envInside = "FAULTS_INSIDE" // this process is that helper; the value is its generation
	stepApart = "apart"         // the helper listens
)

// networkPoints are about a listener on the program's own address, in another
// network namespace: a sandboxed browser, a nested container.
func networkPoints() []point {
	return []point{
		{step: "before bind", victim: theNew, fault: "its helper listens in another network namespace", run: helperApart(nil)},
		{step: "before bind", victim: theNew, fault: "an ordinary user's helper listens in another network namespace", run: helperApart(&syscall.Credential{Uid: poor + 1, Gid: poor + 1})},
	}
}

// apart is how a process is put into a network namespace of its own: as unshare -n
// does, or -rn for an ordinary user.
func apart() *syscall.SysProcAttr {
	uid, gid := os.Getuid(), os.Getgid()
	attr := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if uid != 0 {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: gid, Size: 1}}
	}
	return attr
}

// startApart starts the helper of a generation.
func startApart(gen int) error {
	if os.Getenv(envApart) == "" || gen == 1 {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envInside+"="+strconv.Itoa(gen))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = apart()
	return cmd.Start()
}

// inside is the helper, if this process was started to be it. It ends by the
// signal that its generation gets.
func inside() {
	gen, err := strconv.Atoi(os.Getenv(envInside))
	if err != nil {
		return
	}
	l, err := listenInside()
	if err != nil {
		fmt.Fprintln(os.Stderr, "helper:", err)
		os.Exit(1)
	}
	(&server{gen: gen, pid: os.Getpid()}).announce(stepApart)
	for {
		if c, err := l.Accept(); err == nil {
			c.Close()
		}
	}
}

// listenInside listens on the program's own address. A new network namespace has
// 127.0.0.1 when its lo is up.
func listenInside() (net.Listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return nil, err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return nil, fmt.Errorf("lo: %w", err)
	}
	return net.Listen("tcp4", "127.0.0.1:"+os.Getenv(envPort))
}

// helperApart: the helper of the new generation listens long before the program
// does. Nobody takes it for the program: the old one serves until then.
func helperApart(as *syscall.Credential) func(*testing.T) *result {
	return func(t *testing.T) *result {
		if as != nil && os.Getuid() != 0 {
			t.Skip("needs root, to be another user")
		}
		try := exec.Command("unshare", "-rn", "true")
		try.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		if out, err := try.CombinedOutput(); err != nil {
			t.Skipf("no network namespaces here: %v %s", err, out)
		}
		s := prepare(t, setting{as: as, env: []string{envApart + "=1"}}, testkit.FreePort(t))
		if as != nil {
			s.program = s.link(s.program) // where it is built, only we may look
		}
		s.start()
		s.underLoad(1)
		h := s.control.hold(2, stepBeforeBind)
		s.swap()
		s.control.came(2, stepApart)
		h.wait()
		s.more(300)
		if got := s.serving(); got != 1 {
			t.Errorf("generation %d is said to serve before it listens", got)
		}
		h.release()
		s.h.Serving(2)
		s.h.Drained(1)
		s.swapsAgain()
		s.leaves()
		return s.result
	}
}
