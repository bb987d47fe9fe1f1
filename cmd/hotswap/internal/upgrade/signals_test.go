package upgrade

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
	"testing/synctest"

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

// An upgrade begins when the supervisor has what is being handed to it.
func TestUpgradeWaitsForWhatIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &Upgrade{signals: newSignals(), serves: make(chan struct{})}
		close(u.serves)
		leave, ok := u.Enter(t.Context())
		if !ok {
			t.Fatal("no upgrade is under way")
		}
		begun := false
		go func() { u.begin(); begun = true }()
		synctest.Wait()
		if begun {
			t.Error("the upgrade has begun")
		}
		entered := false
		go func() {
			if leave, ok := u.Enter(t.Context()); ok {
				entered = true
				leave()
			}
		}()
		synctest.Wait()
		leave()
		synctest.Wait()
		if !begun || entered {
			t.Errorf("begun %v, a swap goes on %v", begun, entered)
		}
		u.fail()
		synctest.Wait()
		if !entered {
			t.Error("the upgrade has failed, and a swap waits")
		}
	})
}

// Swaps wait until a child serves, and then for the end of the child's own upgrades.
func TestWaitFree(t *testing.T) {
	u := &Upgrade{signals: newSignals(), serves: make(chan struct{})}
	ended, end := context.WithCancel(t.Context())
	end()
	if u.WaitFree(ended) {
		t.Error("swaps are possible before the child serves")
	}
	close(u.serves)
	if !u.WaitFree(t.Context()) {
		t.Error("swaps are not possible although the child serves")
	}
	u.begin()
	if u.WaitFree(ended) {
		t.Error("swaps are possible during an upgrade")
	}
}
