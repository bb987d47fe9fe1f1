package ending

import (
	"context"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestEndOfAProcess(t *testing.T) {
	cmd := exec.Command("cat")
	in := testkit.Must(cmd.StdinPipe())(t)
	testkit.NoError(t, cmd.Start())
	pid := cmd.Process.Pid
	fd := testkit.Must(Open(pid))(t)
	defer unix.Close(fd)
	readable := func(ms int) bool {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, ms)
		return n == 1 && err == nil
	}
	if readable(0) {
		t.Error("the end came before it was there")
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if Wait(over, pid) {
		t.Error("the end of a process that runs")
	}
	seen := make(chan bool, 1)
	go func() { seen <- Wait(context.Background(), pid) }()
	in.Close()
	if !<-seen || !readable(5000) {
		t.Error("the end was not seen")
	}
	_ = cmd.Wait()
	if !Wait(context.Background(), pid) {
		t.Error("the end of a process that has gone")
	}
}
