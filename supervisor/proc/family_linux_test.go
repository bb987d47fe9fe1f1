package proc

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Where orphans do not fall to keepers, as on macOS.
func TestOrphansFallToNobody(t *testing.T) {
	cmd := exec.Command(self, "-test.count=1",
		"-test.run=^(TestLost.*|TestExit|TestExitIsToldPastAnUnreadOrder|TestPathAndFolderOfTheProgram)$")
	cmd.Env, cmd.WaitDelay = append(os.Environ(), lostEnv+"=1"), patience // should a stray have its output
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// lost skips a test unless orphans fall to nobody.
func lost(t *testing.T) {
	if reapsOrphans {
		t.Skip("see TestOrphansFallToNobody")
	}
}

// startCatch starts a shell, whose $0 is this test binary.
func startCatch(t *testing.T, script string) *child {
	t.Helper()
	helper("catch")
	binary := testkit.Must(os.Executable())(t)
	c := testkit.Must(try(t, nil, "sh", "-c", script, binary))(t)
	return c
}

func TestLostOrphanBelongsToItsGroup(t *testing.T) {
	lost(t)
	c := startCatch(t, `"$0" helper:catch & exit 3`)
	pid := c.ready("catch")["catch"]
	if e := c.exit(); e != (Exit{Code: 3, Left: 1}) {
		t.Errorf("%+v", e)
	}
	if tree := c.Tree(); len(tree) != 1 || tree[0] != pid {
		t.Errorf("%v, want %d", tree, pid)
	}
	select {
	case <-c.Gone():
		t.Error("somebody is left")
	default:
	}
	c.send(unix.SIGUSR1)
	c.wants("caught 10")
	c.Kill()
	c.gone()
	ended(t, pid)
}

func TestLostGroupsEndWithTheirKeeper(t *testing.T) {
	lost(t)
	for what, script := range map[string]string{"while the program runs": `"$0" helper:catch & wait`,
		"after the program's exit": `"$0" helper:catch & exit 0`} {
		t.Run(what, func(t *testing.T) {
			c := startCatch(t, script)
			pids := c.ready("catch")
			if what != "while the program runs" {
				c.exit()
			}
			testkit.NoError(t, unix.Kill(c.keeper.pid, unix.SIGKILL))
			c.gone()
			noneLives(t, pids)
		})
	}
}
