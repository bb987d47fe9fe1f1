package proc

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The keeper of a program of which nothing is left takes the next one, with nothing of the one before: no folder,
// variable or descriptor, and no order that comes late.
func TestKeeperTakesTheNextProgram(t *testing.T) {
	EndIdle()
	defer EndIdle()
	first := start(t, func(s *Spec) { s.Dir, s.Env = "/", append(s.Env, "OF_THE_FIRST=1") }, "exit", "0")
	first.gone()
	next := start(t, nil, "census")
	f := census(t, next)
	if f.PPID != first.keeper.pid || f.Dir != testkit.Must(os.Getwd())(t) || len(f.Env) != len(os.Environ()) ||
		len(f.FDs) != 3+len(inherited(t)) {
		t.Errorf("%+v below keeper %d", f, first.keeper.pid)
	}
	next.gone()
	last := start(t, nil, "catch")
	last.ready("catch")
	testkit.NoError(t, first.Kill())
	if tree := first.Tree(); last.keeper != first.keeper || tree != nil {
		t.Errorf("%v below the keeper of a program that has ended", tree)
	}
	last.send(unix.SIGUSR1)
	last.wants("caught 10")
}

// Nobody notices that a keeper was stopped, or killed, while it waited.
func TestKeeperThatWaitsIsStopped(t *testing.T) {
	defer EndIdle()
	for _, sig := range []unix.Signal{unix.SIGSTOP, unix.SIGKILL} {
		EndIdle()
		Prepare()
		waits := keepers.idle
		testkit.NoError(t, unix.Kill(waits.pid, sig))
		testkit.NoError(t, unix.Waitid(unix.P_PID, waits.pid, nil, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT, nil))
		c := start(t, nil, "exit", "0")
		c.gone()
		if (c.keeper == waits) != (sig == unix.SIGSTOP) {
			t.Error(sig)
		}
	}
}
