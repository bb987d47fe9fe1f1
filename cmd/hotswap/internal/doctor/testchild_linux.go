package doctor

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
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
	if s.held == nil {
		s.held = startTestChild()
	}
	return s.held
}

// release ends the child, if any probe has started it.
func (s *session) release() {
	c := s.held
	if c == nil || c.process == nil {
		return
	}
	_ = c.process.Kill()
	<-c.process.Gone()
	if c.listener >= 0 {
		_ = unix.Close(int(c.listener))
	}
}

func startTestChild() *testChild {
	c := &testChild{listener: -1}
	if c.port, c.err = demo.FreePort(); c.err != nil {
		return c
	}
	filter, err := intercept.Filter(runtime.GOARCH, intercept.Sockets)
	if err != nil {
		filter = nil
	}
	if c.process, c.err = startServer(c.port, filter); c.err != nil {
		return c
	}
	listener, err := c.process.Listener()
	if err != nil {
		return c
	}
	c.listener = seccomp.Listener(listener)
	c.err = c.awaitBind()
	return c
}

// startServer runs the demo's server under a keeper, without output.
func startServer(port int, filter []byte, more ...string) (*proc.Process, error) {
	argv, err := demo.ServerArgv(port, 0)
	if err != nil {
		return nil, err
	}
	return demo.StartServer(proc.Spec{Argv: append(argv, more...), Filter: filter, Title: "doctor"}, 1)
}

// awaitBind waits until the child binds its port. Go's runtime may bind other ports before, to
// find out which address families exist.
func (c *testChild) awaitBind() error {
	for {
		n, err := nextNotification(c.listener)
		if err != nil {
			return err
		}
		addr, err := c.memory(n)
		foreign := err == nil && (len(addr) < 4 || int(binary.BigEndian.Uint16(addr[2:])) != c.port)
		if n.NR != unix.SYS_BIND || foreign {
			_ = c.listener.Continue(n.ID)
			continue
		}
		c.bind = n
		return nil
	}
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

// nextNotification waits at most ten seconds for a notification.
func nextNotification(listener seccomp.Listener) (seccomp.Notification, error) {
	fds := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
	for {
		got, err := unix.Poll(fds, 10_000)
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == 0 || fds[0].Revents&unix.POLLIN == 0 {
			return seccomp.Notification{}, fmt.Errorf("the child made no call (poll: %v)", err)
		}
		if n, err := listener.Receive(); err != unix.ENOENT {
			return n, err
		}
	}
}
