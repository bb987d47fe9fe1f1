package proc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Where orphans do not fall to keepers, as on macOS.
func TestOrphansFallToNobody(t *testing.T) {
	cmd := exec.Command(self, "-test.count=1", "-test.run=^(TestLost.*|TestExit|TestExitIsToldPastAnUnreadOrder|TestPathAndFolderOfTheProgram)$")
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
	_ = c.Kill()
	c.gone()
	ended(t, pid)
}

// A process that leads a group of its own is known when its parent ends.
func TestLostGroupsEndWithHotswap(t *testing.T) {
	lost(t)
	c, cmd, pids := playHotswap(t, "plain", "lead-session", "ignore-term", "ignore-term")
	testkit.NoError(t, cmd.Process.Kill())
	if rest, err := io.ReadAll(c.out); err != nil {
		t.Fatalf("somebody still lives: %q %v", rest, err)
	}
	ended(t, pids["ignore-term"])
}

func TestLostGroupsEndWithTheirKeeper(t *testing.T) {
	lost(t)
	for what, script := range map[string]string{"while the program runs": `"$0" helper:catch & wait`, "after the program's exit": `"$0" helper:catch & exit 0`} {
		t.Run(what, func(t *testing.T) {
			c := startCatch(t, script)
			pid := c.ready("catch")["catch"]
			if what != "while the program runs" {
				c.exit()
			}
			testkit.NoError(t, unix.Kill(c.keeper, unix.SIGKILL))
			c.gone()
			if lives(pid) {
				t.Error("process " + strconv.Itoa(pid) + " is left")
			}
		})
	}
}

// The keeper looks although nobody orders anything, so that it knows a group before the parent of its leader ends.
func TestLostGroupIsLearnt(t *testing.T) {
	lost(t)
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	testkit.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	k := newKeeper(assignment{})
	defer close(k.none)
	k.family.add(Identity{PID: os.Getpid()})
	go k.learn()
	testkit.Eventually(t, func() error {
		k.family.mu.Lock()
		defer k.family.mu.Unlock()
		if _, known := k.family.groups[cmd.Process.Pid]; !known {
			return fmt.Errorf("only %v is known", k.family.groups)
		}
		return nil
	})
}
