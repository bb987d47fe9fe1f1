package proc

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// playHotswap runs the helper that plays the supervisor over another helper,
// and returns when what is below is ready.
func playHotswap(t *testing.T, role, below string, names ...string) (*child, *exec.Cmd, map[string]int) {
	t.Helper()
	helper(below)
	argv := helper("hotswap", role, below)
	outR, outW := pipe(t)
	_ = unix.SetNonblock(outR, true)
	c := &child{t: t, raw: os.NewFile(uintptr(outR), "stdout")}
	_ = c.raw.SetReadDeadline(time.Now().Add(patience))
	c.out = bufio.NewReader(c.raw)
	w := os.NewFile(uintptr(outW), "stdout")
	cmd := exec.Command(argv[0], argv[1:]...)
	inR, inW := pipe(t) // nobody writes to it
	in := os.NewFile(uintptr(inR), "stdin")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, w, os.Stderr
	testkit.NoError(t, cmd.Start())
	w.Close()
	in.Close()
	t.Cleanup(func() {
		_ = unix.Close(inW)
		cmd.Process.Kill()
		cmd.Wait()
		c.raw.Close()
	})
	return c, cmd, c.ready(append(names, "keeper")...)
}

// Nothing can keep a SIGKILL from hotswap, and nothing of a generation
// outlives it: end of file on the pipe says that nobody is left who has it.
func TestEverythingEndsWithHotswap(t *testing.T) {
	c, cmd, pids := playHotswap(t, "plain", "tree", "catch", "ignore-term", "wait")
	testkit.NoError(t, cmd.Process.Kill())
	rest, err := io.ReadAll(c.out)
	if err != nil {
		t.Fatalf("somebody still lives: %v", err)
	}
	if !strings.Contains(string(rest), "caught 15\n") {
		t.Errorf("the program was not asked first: %q", rest)
	}
	for _, pid := range pids {
		ended(t, pid)
	}
}

func TestKilledKeeperTakesEverythingAlong(t *testing.T) {
	for name, c := range map[string]struct{ below, exit string }{
		"while the program runs":   {"tree", "signal-killed"},
		"after the program's exit": {"leave-stray", "exit-0"},
		"while it leads a session": {"lead-session", "signal-killed"},
	} {
		t.Run(name, func(t *testing.T) {
			names := map[string][]string{
				"tree": {"catch", "ignore-term", "wait"}, "leave-stray": {"ignore-term", "exited"},
				"lead-session": {"ignore-term", "ignore-term"},
			}[c.below]
			p, _, pids := playHotswap(t, "subreaper", c.below, names...)
			testkit.NoError(t, unix.Kill(pids["keeper"], unix.SIGKILL))
			// The helper says how many processes are left below it.
			if got, want := p.line(), "gone "+c.exit+" 0"; got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if rest, err := io.ReadAll(p.out); err != nil {
				t.Errorf("somebody still lives: %q %v", rest, err)
			}
			delete(pids, "exited")
			for _, pid := range pids {
				ended(t, pid)
			}
		})
	}
}

// Children of ours that are no keepers' are none of its business.
func TestKilledKeeperLeavesOurOtherChildrenAlone(t *testing.T) {
	BecomeSubreaper("")
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	mine, in := unkept(t, "wait")
	other := start(t, nil, "catch")
	other.ready("catch")
	victim := start(t, nil, "tree")
	pids := victim.ready("catch", "ignore-term", "wait")
	testkit.NoError(t, unix.Kill(victim.keeper.pid, unix.SIGKILL))
	if e := victim.exit(); e.Signal != unix.SIGKILL {
		t.Errorf("%+v", e)
	}
	victim.gone()
	noneLives(t, pids)
	other.send(unix.SIGUSR1)
	other.wants("caught 10")
	in.Close()
	if err := mine.Wait(); err != nil {
		t.Errorf("a child of our own: %v", err)
	}
}
