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

// childPatience is how long a child may take to do what a probe waits for.
const childPatience = 10 * time.Second

// tryKeeper lets a child leave a grandchild behind: the keeper must still have
// it, and be able to end it.
func tryKeeper(b *bench) Finding {
	advice := "check the limits on processes and on this binary (ulimit -u, pids.max, noexec)"
	port, err := demo.FreePort()
	if err != nil {
		return no("not tried", err.Error(), advice)
	}
	p, err := startServer(port, nil, "--orphan")
	if err != nil {
		return no("a child does not start", err.Error(), advice)
	}
	timer := time.NewTimer(childPatience)
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
		return no("lost control of a child", err.Error(), advice)
	case left != 1:
		return no("an orphan escaped", fmt.Sprintf("the keeper is a subreaper and should have had 1 orphan, it had %d", left), advice)
	}
	return okf("an orphaned grandchild was kept and ended")
}

// tryGetFD duplicates a descriptor of a child, its socket if its bind waits.
func tryGetFD(b *bench) Finding {
	s := b.testChild()
	if s.process == nil {
		return apartf("no child to try it on: %v", s.err)
	}
	fd := 2
	if s.bind.ID != 0 {
		fd = int(int32(s.bind.Args[0]))
	}
	pidfd, err := unix.PidfdOpen(s.process.PID(), 0)
	if err == nil {
		var dup int
		dup, err = unix.PidfdGetfd(pidfd, fd, 0)
		_ = unix.Close(pidfd)
		if err == nil {
			_ = unix.Close(dup)
			return okf("a child's descriptor can be duplicated")
		}
	}
	if err == unix.ENOSYS {
		return no(err.Error(), "the kernel is older than 5.6, or a container's profile hides it", "use a newer kernel, or allow pidfd_getfd")
	}
	return no(err.Error(), forbiddenBy(),
		"docker run --cap-add SYS_PTRACE, or a seccomp profile that allows pidfd_getfd, or sysctl kernel.yama.ptrace_scope=1")
}

// tryMemory reads what a child passed to bind(2).
func tryMemory(b *bench) Finding {
	s := b.testChild()
	if s.bind.ID == 0 {
		return s.Free()
	}
	addr, err := s.memory(s.bind)
	if err != nil {
		return no(err.Error(), "/proc/PID/mem of a child cannot be read: "+forbiddenBy(),
			"docker run --cap-add SYS_PTRACE, or sysctl kernel.yama.ptrace_scope=1; is /proc mounted?")
	}
	if len(addr) < 4 || int(binary.BigEndian.Uint16(addr[2:])) != s.port {
		return no("wrong bytes", "the bytes are not the address that the child binds", "please report it")
	}
	return okf("the address that a child binds can be read")
}

// tryAddFD puts a listening socket of ours in the place of the child's and
// asks the child for an answer there. The child runs on by that.
func tryAddFD(b *bench) Finding {
	s := b.testChild()
	if s.bind.ID == 0 {
		return s.Free()
	}
	err := s.inject()
	s.bind.ID = 0
	if err != nil {
		return no(err.Error(), "the kernel is older than 5.9 or forbids SECCOMP_IOCTL_NOTIF_ADDFD", "use Linux 5.9 or newer")
	}
	return okf("a child serves on a socket that hotswap put in place")
}

func (s *testChild) inject() error {
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
	err = s.listener.AddFD(s.bind.ID, fd, int(int32(s.bind.Args[0])), true)
	if err == unix.ENOENT { // a signal interrupted the call, which comes again
		if err = s.Hold(); err == nil {
			err = s.listener.AddFD(s.bind.ID, fd, int(int32(s.bind.Args[0])), true)
		}
	}
	if err != nil {
		return fmt.Errorf("add descriptor: %w", err)
	}
	if err := s.listener.Return(s.bind.ID, 0); err != nil {
		return fmt.Errorf("answer the bind: %w", err)
	}
	n, err := nextNotification(s.listener) // its listen
	if err != nil {
		return err
	}
	if err := s.listener.Continue(n.ID); err != nil {
		return fmt.Errorf("answer the listen: %w", err)
	}
	return ask(port)
}

// ask wants an answer of the demo's server at a port.
func ask(port int) error {
	client := http.Client{Timeout: childPatience, Transport: &http.Transport{DisableKeepAlives: true}}
	// Its listen may still be under way: our own duplicate does not listen
	// yet, so until then the connection is refused.
	var last error
	for deadline := time.Now().Add(childPatience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
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

// free is the finding where the child's bind does not wait.
func (s *testChild) Free() Finding {
	if s.err != nil {
		return apartf("not tried: %v", s.err)
	}
	return apartf("not tried without seccomp notification")
}
