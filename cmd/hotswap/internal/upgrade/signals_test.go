package upgrade

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func nothing() string { return "" }

func TestSignalsWaitForTheEndOfAnUpgrade(t *testing.T) {
	s := newSignals()
	if s.DeferSignal(syscall.SIGHUP) || !s.WaitIdle(t.Context()) {
		t.Error("no upgrade is under way")
	}
	if what := s.begin(func() string { return "a step runs" }); what != "a step runs" || s.DeferSignal(syscall.SIGHUP) || !s.WaitIdle(t.Context()) {
		t.Errorf("an upgrade begins although %s", what)
	}
	s.begin(nothing)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if !s.DeferSignal(syscall.SIGHUP) || s.WaitIdle(ended) {
		t.Error("an upgrade is under way")
	}
	if stop, reload := s.end(nil); stop || !reload {
		t.Errorf("stop %v, reload %v", stop, reload)
	}
	if !s.WaitIdle(t.Context()) {
		t.Error("the upgrade has failed: this process steers")
	}
	s.begin(nothing)
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
	s.DeferSignal(syscall.SIGTERM)
	s.end(child) // which passes the signal on
	if <-waited || !s.DeferSignal(syscall.SIGTERM) {
		t.Error("a child took over: this process steers no more")
	}
}

// An upgrade begins when the supervisor has what is being handed to it.
func TestUpgradeWaitsForWhatIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSignals()
		leave, ok := s.Enter(t.Context())
		if !ok {
			t.Fatal("no upgrade is under way")
		}
		begun := false
		go func() { s.begin(nothing); begun = true }()
		synctest.Wait()
		if begun {
			t.Error("the upgrade has begun")
		}
		leave()
		synctest.Wait()
		entered := false
		go func() {
			if leave, ok := s.Enter(t.Context()); ok {
				entered = true
				leave()
			}
		}()
		synctest.Wait()
		if !begun || entered {
			t.Errorf("begun %v, a swap goes on %v", begun, entered)
		}
		s.end(nil)
		synctest.Wait()
		if !entered {
			t.Error("the upgrade has failed, and a swap waits")
		}
	})
}
