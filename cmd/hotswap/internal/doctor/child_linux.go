package doctor

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// testChild is the demo's server under a keeper, as hotswap starts any program, with
// hotswap's filter if that can be installed. Then its bind waits until a probe answers.
type testChild struct {
	process  *proc.Process // nil: err says why
	port     int
	listener seccomp.Listener // of the filter; -1: there is no filter, and nothing holds the child
	bind     seccomp.Notification
	err      error
}

// testChild returns the child that several probes share; the first probe starts the child.
func (s *session) testChild() *testChild {
	if s.child != nil {
		return s.child
	}
	c := &testChild{listener: -1}
	s.child = c
	var argv []string
	if c.port, c.err = demo.FreePort(); c.err == nil {
		argv, c.err = demo.ServerArgv(c.port, 0)
	}
	if c.err != nil {
		return c
	}
	filter, err := intercept.Filter(runtime.GOARCH, intercept.Sockets)
	if err != nil {
		filter = nil
	}
	if c.process, c.err = demo.StartServer(proc.Spec{Argv: argv, Filter: filter, Title: "doctor"}, 1); c.err != nil {
		return c
	}
	if listener, err := c.process.Listener(); err == nil {
		c.listener = seccomp.Listener(listener)
		c.err = c.awaitBind()
	}
	return c
}

// release ends the child, if any probe has started it.
func (s *session) release() {
	c := s.child
	if c == nil || c.process == nil {
		return
	}
	_ = c.process.Kill()
	<-c.process.Gone()
	if c.listener >= 0 {
		_ = unix.Close(int(c.listener))
	}
}

// awaitBind waits until the child binds its port. Go's runtime may bind other ports before, to
// find out which address families exist.
func (c *testChild) awaitBind() error {
	fds := []unix.PollFd{{Fd: int32(c.listener), Events: unix.POLLIN}}
	for {
		got, err := unix.Poll(fds, 10_000)
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == 0 || fds[0].Revents&unix.POLLIN == 0 {
			return fmt.Errorf("the child made no call (poll: %v)", err)
		}
		n, err := c.listener.Receive()
		if err == unix.ENOENT { // a signal has interrupted the call
			continue
		}
		if err != nil {
			return err
		}
		addr, err := c.memory(n)
		if n.NR == unix.SYS_BIND && (err != nil || c.isOwn(addr)) {
			c.bind = n
			return nil
		}
		_ = c.listener.Continue(n.ID)
	}
}

// isOwn reports whether an address is the one that the child was told to bind.
func (c *testChild) isOwn(addr []byte) bool {
	return len(addr) >= 4 && int(binary.BigEndian.Uint16(addr[2:])) == c.port
}

// memory reads the address of a bind from the child's memory.
func (c *testChild) memory(n seccomp.Notification) ([]byte, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", n.TID))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, min(n.Args[2], 128))
	_, err = f.ReadAt(b, int64(n.Args[1]))
	return b, err
}

// noBind is the finding if no bind of the child waits.
func (c *testChild) noBind() Finding {
	if c.err != nil {
		return notApplicable("not tried: %v", c.err)
	}
	return notApplicable("not tried without seccomp notification")
}

// tryKeeper starts the child, whose keeper becomes the parent of all below it.
func tryKeeper(s *session) Finding {
	if c := s.testChild(); c.process == nil {
		return missing("a child does not start", c.err.Error(), "check the limits on processes and on this binary (ulimit -u, pids.max, noexec)")
	}
	return works("a child runs under a keeper")
}

// tryGetFD duplicates a descriptor of a child: its socket, if its bind waits.
func tryGetFD(s *session) Finding {
	c := s.testChild()
	if c.process == nil {
		return notApplicable("no child to try it on: %v", c.err)
	}
	fd := 2
	if c.bind.ID != 0 {
		fd = int(int32(c.bind.Args[0]))
	}
	pidfd, err := unix.PidfdOpen(c.process.PID(), 0)
	if err == nil {
		var dup int
		dup, err = unix.PidfdGetfd(pidfd, fd, 0)
		_ = unix.Close(pidfd)
		if err == nil {
			_ = unix.Close(dup)
			return works("a child's descriptor can be duplicated")
		}
	}
	if err == unix.ENOSYS {
		return missing(err.Error(), "the kernel is older than 5.6, or a container's profile hides it", "use a newer kernel, or allow pidfd_getfd")
	}
	return missing(err.Error(), forbiddenBy(),
		"docker run --cap-add SYS_PTRACE, or a seccomp profile that allows pidfd_getfd, or sysctl kernel.yama.ptrace_scope=1")
}

// tryMemory reads what a child passed to bind(2).
func tryMemory(s *session) Finding {
	c := s.testChild()
	if c.bind.ID == 0 {
		return c.noBind()
	}
	addr, err := c.memory(c.bind)
	switch {
	case err != nil:
		return missing(err.Error(), "/proc/PID/mem of a child cannot be read: "+forbiddenBy(),
			"docker run --cap-add SYS_PTRACE, or sysctl kernel.yama.ptrace_scope=1; is /proc mounted?")
	case !c.isOwn(addr):
		return missing("wrong bytes", "the bytes are not the address that the child binds", "please report it")
	}
	return works("the address that a child binds can be read")
}

// tryAddFD puts a socket in the place of the child's, and answers the child's bind.
func tryAddFD(s *session) Finding {
	c := s.testChild()
	if c.bind.ID == 0 {
		return c.noBind()
	}
	err := c.inject()
	if err == unix.ENOENT { // a signal interrupted the call, which comes again
		if err = c.awaitBind(); err == nil {
			err = c.inject()
		}
	}
	c.bind.ID = 0
	if err != nil {
		return missing(err.Error(), "the kernel is older than 5.9 or forbids SECCOMP_IOCTL_NOTIF_ADDFD", "use Linux 5.9 or newer")
	}
	return works("a child has a socket that hotswap put in place")
}

func (c *testChild) inject() error {
	e, err := handoff.ParseEndpoint(demo.Addr(c.port))
	if err != nil {
		return err
	}
	fd, err := reuseport.SystemKernel{}.Open(e)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := c.listener.AddFD(c.bind.ID, fd, int(int32(c.bind.Args[0])), true); err != nil {
		return err
	}
	return c.listener.Return(c.bind.ID, 0)
}
