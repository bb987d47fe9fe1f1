package upgrade

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func nothing() string { return "" }

// Signals are meant for the hotswap that stays.
func TestSignalsWaitForTheEndOfAnUpgrade(t *testing.T) {
	u := newPermit()
	if u.Pass(t.Context(), syscall.SIGHUP) || u.Wait(t.Context()) != nil {
		t.Error("no upgrade is under way")
	}
	if what := u.begin(func() string { return "a step runs" }); what != "a step runs" || u.Wait(t.Context()) != nil {
		t.Errorf("an upgrade begins although %s", what)
	}
	u.begin(nothing)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if u.Wait(ended) == nil {
		t.Error("an upgrade is under way")
	}
	<-u.had
	if u.Wait(t.Context()) != nil {
		t.Error("the upgrade has failed: this process steers")
	}
	u.begin(nothing)
	passed := make(chan bool)
	go func() { passed <- u.Pass(t.Context(), syscall.SIGTERM) }()
	cmd := exec.Command("sleep", "60")
	testkit.NoError(t, cmd.Start())
	child, _ := proc.IdentifyBelow(cmd.Process.Pid)
	u.child.Store(&child)
	<-u.had
	if !<-passed || u.Wait(t.Context()) != control.ErrMoved {
		t.Error("a child took over: this process steers no more")
	}
	_ = cmd.Wait() // it has the signal
}

// An upgrade begins when the supervisor has what is being handed to it.
func TestUpgradeWaitsForWhatIsHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newPermit()
		leave := u.Enter(t.Context())
		if leave == nil {
			t.Fatal("no upgrade is under way")
		}
		begun, entered := false, false
		go func() { u.begin(nothing); begun = true }()
		synctest.Wait()
		if begun {
			t.Error("the upgrade has begun")
		}
		leave()
		synctest.Wait()
		go func() {
			leave := u.Enter(t.Context())
			entered = leave != nil
			if entered {
				leave()
			}
		}()
		synctest.Wait()
		if !begun || entered {
			t.Errorf("begun %v, a swap goes on %v", begun, entered)
		}
		<-u.had
		synctest.Wait()
		if !entered {
			t.Error("the upgrade has failed, and a swap waits")
		}
	})
}
