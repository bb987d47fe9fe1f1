package proc

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestListenPIDEnvLeavesItsArgumentAlone(t *testing.T) {
	env := make([]string, 1, 10)
	env[0] = "A=1"
	a, b := listenPIDEnv(env, "/a"), listenPIDEnv(env, "/b")
	if slices.Equal(a, b) || len(env) != 1 {
		t.Errorf("%q %q", a, b)
	}
}

// The program has its arguments, its own id in LISTEN_PID, and nothing of ours.
func TestListenPIDBecomesTheProgram(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(ownBinary)
	cmd.Args = []string{"sh", "-c", `echo "$$ $LISTEN_PID $1"; env`, "sh", "an argument"}
	cmd.Env = listenPIDEnv([]string{"A=1", "LISTEN_PID=1"}, sh)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	first, env, _ := strings.Cut(string(out), "\n")
	pid := itoa(cmd.Process.Pid)
	if want := pid + " " + pid + " an argument"; first != want {
		t.Errorf("%q, want %q", first, want)
	}
	if !strings.Contains(env, "A=1\n") || strings.Contains(env, programEnv) {
		t.Errorf("environment %q", env)
	}
}

func TestListenPIDOfAnUnknownProgram(t *testing.T) {
	cmd := exec.Command(ownBinary)
	cmd.Env = listenPIDEnv(nil, "/no/such/program")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 126 || !strings.Contains(string(out), "/no/such/program") {
		t.Errorf("%v: %s", err, out)
	}
}
