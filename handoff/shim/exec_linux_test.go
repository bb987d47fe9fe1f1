package shim

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ownBinary is this test binary, by a name that needs no permission on the
// directories above it.
const ownBinary = "/proc/self/exe"

func itoa(n int) string { return strconv.Itoa(n) }

// TestMain becomes the program, if this process was started for that.
func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func TestEnvironLeavesItsArgumentAlone(t *testing.T) {
	env := make([]string, 1, 10)
	env[0] = "A=1"
	a, b := Environ(env, "/a"), Environ(env, "/b")
	if slices.Equal(a, b) || len(env) != 1 {
		t.Errorf("%q %q", a, b)
	}
}

// The program has its arguments, its own id in LISTEN_PID, and nothing of ours.
func TestMainBecomesTheProgram(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(ownBinary)
	cmd.Args = []string{"sh", "-c", `echo "$$ $LISTEN_PID $1"; env`, "sh", "an argument"}
	cmd.Env = Environ([]string{"A=1", "LISTEN_PID=1"}, sh)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	first, env, _ := strings.Cut(string(out), "\n")
	pid := itoa(cmd.Process.Pid)
	if want := pid + " " + pid + " an argument"; first != want {
		t.Errorf("%q, want %q", first, want)
	}
	if !strings.Contains(env, "A=1\n") || strings.Contains(env, execEnv) {
		t.Errorf("environment %q", env)
	}
}

func TestMainOfWhatCannotBeExecuted(t *testing.T) {
	cmd := exec.Command(ownBinary)
	cmd.Env = Environ(nil, "/no/such/program")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 126 || !strings.Contains(string(out), "/no/such/program") {
		t.Errorf("%v: %s", err, out)
	}
}
