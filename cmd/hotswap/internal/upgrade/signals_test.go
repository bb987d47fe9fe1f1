package upgrade

import (
	"context"
	"os/exec"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func TestSignalsWaitForTheEndOfAnUpgrade(t *testing.T) {
	s := newSignals()
	if s.DeferSignal(syscall.SIGHUP) || !s.WaitIdle(t.Context()) {
		t.Error("no upgrade is under way")
	}
	s.begin()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if !s.DeferSignal(syscall.SIGHUP) || s.WaitIdle(ended) {
		t.Error("an upgrade is under way")
	}
	if stop, reload := s.fail(); stop || !reload {
		t.Errorf("stop %v, reload %v", stop, reload)
	}
	if !s.WaitIdle(t.Context()) {
		t.Error("the upgrade has failed: this process steers")
	}
	s.begin()
	waited := make(chan bool)
	go func() { waited <- s.WaitIdle(t.Context()) }()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	child, err := proc.OpenChild(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	s.succeed(child)
	if <-waited || !s.DeferSignal(syscall.SIGTERM) {
		t.Error("a child took over: this process steers no more")
	}
}
