package doctor

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// childTimeout is how long a child may take to do what a probe waits for.
const childTimeout = 10 * time.Second

// tryKeeper lets a child leave a grandchild behind: the keeper must still have the grandchild
// and be able to end it.
func tryKeeper(s *session) Finding {
	advice := "check the limits on processes and on this binary (ulimit -u, pids.max, noexec)"
	port, err := demo.FreePort()
	if err != nil {
		return missing("not tried", err.Error(), advice)
	}
	p, err := startServer(port, nil, "--orphan")
	if err != nil {
		return missing("a child does not start", err.Error(), advice)
	}
	timer := time.NewTimer(childTimeout)
	defer timer.Stop()
	left := 0
	select {
	case exit := <-p.Exited():
		left = exit.Left
	case <-timer.C:
		err = fmt.Errorf("the child does not end")
	}
	_ = p.Kill()
	select {
	case <-p.Gone():
	case <-timer.C:
		err = fmt.Errorf("its descendants did not end")
	}
	switch {
	case err != nil:
		return missing("lost control of a child", err.Error(), advice)
	case left != 1:
		return missing("an orphan escaped", fmt.Sprintf("the keeper is a subreaper and should have had 1 orphan, it had %d", left), advice)
	}
	return works("an orphaned grandchild was kept and ended")
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
	if err != nil {
		return missing(err.Error(), "/proc/PID/mem of a child cannot be read: "+forbiddenBy(),
			"docker run --cap-add SYS_PTRACE, or sysctl kernel.yama.ptrace_scope=1; is /proc mounted?")
	}
	if len(addr) < 4 || int(binary.BigEndian.Uint16(addr[2:])) != c.port {
		return missing("wrong bytes", "the bytes are not the address that the child binds", "please report it")
	}
	return works("the address that a child binds can be read")
}

// tryAddFD puts a listening socket in the place of the child's and asks the child for an
// answer there. That answers the child's bind, so no later probe can.
func tryAddFD(s *session) Finding {
	c := s.testChild()
	if c.bind.ID == 0 {
		return c.noBind()
	}
	err := c.inject()
	c.bind.ID = 0
	if err != nil {
		return missing(err.Error(), "the kernel is older than 5.9 or forbids SECCOMP_IOCTL_NOTIF_ADDFD", "use Linux 5.9 or newer")
	}
	return works("a child serves on a socket that hotswap put in place")
}

func (c *testChild) inject() error {
	port, err := demo.FreePort()
	if err != nil {
		return err
	}
	e, err := handoff.ParseEndpoint(demo.Addr(port))
	if err != nil {
		return err
	}
	fd, err := reuseport.SystemKernel{}.Open(e)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	err = c.listener.AddFD(c.bind.ID, fd, int(int32(c.bind.Args[0])), true)
	if err == unix.ENOENT { // a signal interrupted the call, which comes again
		if err = c.awaitBind(); err == nil {
			err = c.listener.AddFD(c.bind.ID, fd, int(int32(c.bind.Args[0])), true)
		}
	}
	if err != nil {
		return fmt.Errorf("add descriptor: %w", err)
	}
	if err := c.listener.Return(c.bind.ID, 0); err != nil {
		return fmt.Errorf("answer the bind: %w", err)
	}
	n, err := nextNotification(c.listener) // its listen
	if err != nil {
		return err
	}
	if err := c.listener.Continue(n.ID); err != nil {
		return fmt.Errorf("answer the listen: %w", err)
	}
	return ask(port)
}

// ask gets an answer from the demo's server at a port.
func ask(port int) error {
	client := http.Client{Timeout: childTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	// The child's listen may still be under way; until then the kernel refuses connections.
	var last error
	for deadline := time.Now().Add(childTimeout); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		resp, err := client.Get("http://" + demo.Addr(port) + "/ping")
		if err != nil {
			last = err
			continue
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("the child answers %s (%v)", resp.Status, err)
		}
		return nil
	}
	return last
}

// noBind is the finding if no bind of the child waits.
func (c *testChild) noBind() Finding {
	if c.err != nil {
		return notApplicable("not tried: %v", c.err)
	}
	return notApplicable("not tried without seccomp notification")
}
