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

// testChild is a child like any program's: the demo's server under a keeper,
// with hotswap's filter where that can be installed. Then its bind waits until
// a probe answers it.
type testChild struct {
	process  *proc.Process // nil: err says why
	port     int
	listener seccomp.Listener // of the filter; -1: there is none, and the child runs on
	bind     seccomp.Notification
	err      error
}

// testChild is the child that several probes look at, started by the first.
func (b *bench) testChild() *testChild {
	if b.held == nil {
		b.held = startTestChild()
	}
	return b.held
}

// release ends the child, if there is one.
func (b *bench) release() {
	s := b.held
	if s == nil || s.process == nil {
		return
	}
	_ = s.process.Kill()
	<-s.process.Gone()
	if s.listener >= 0 {
		_ = unix.Close(int(s.listener))
	}
}

func startTestChild() *testChild {
	s := &testChild{listener: -1}
	if s.port, s.err = demo.FreePort(); s.err != nil {
		return s
	}
	filter, err := intercept.Filter(runtime.GOARCH, intercept.Sockets)
	if err != nil {
		filter = nil
	}
	if s.process, s.err = startServer(s.port, filter); s.err != nil {
		return s
	}
	listener, err := s.process.Listener()
	if err != nil {
		return s
	}
	s.listener = seccomp.Listener(listener)
	s.err = s.Hold()
	return s
}

// startServer runs the demo's server under a keeper, with nothing to say.
func startServer(port int, filter []byte, more ...string) (*proc.Process, error) {
	argv, err := demo.ServerArgv(port, 0)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	fd := int(null.Fd())
	return proc.Start(proc.Spec{
		Argv: append(argv, more...), Env: append(os.Environ(), demo.GenerationEnv+"=1"),
		Stdio: [3]int{fd, fd, fd}, Filter: filter, Title: "doctor",
	})
}

// hold waits until the child binds its port. Go's runtime may bind others
// before, to find out which families there are.
func (s *testChild) Hold() error {
	for {
		n, err := nextNotification(s.listener)
		if err != nil {
			return err
		}
		addr, err := s.memory(n)
		foreign := err == nil && (len(addr) < 4 || int(binary.BigEndian.Uint16(addr[2:])) != s.port)
		if n.NR != unix.SYS_BIND || foreign {
			_ = s.listener.Continue(n.ID)
			continue
		}
		s.bind = n
		return nil
	}
}

// memory reads the address that the child wants to bind, out of its memory.
func (s *testChild) memory(n seccomp.Notification) ([]byte, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", n.TID))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, min(n.Args[2], 128))
	_, err = f.ReadAt(b, int64(n.Args[1]))
	return b, err
}
