package proc

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Ctrl-C and Ctrl-Z in the moment of the fork are hotswap's to handle too.
func TestSignalsToOurGroupReachNoKeeper(t *testing.T) {
	argv := helper("fire-at")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { // what is stopped in the midst of a fork ends by nothing less
		t.Error("the starts do not end")
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	})
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("a start fails: %v", err)
	}
}

// What is blocked for the fork is not blocked in the program.
func TestProgramsMaskIsOurs(t *testing.T) {
	argv := helper("wait")
	plain := exec.Command(argv[0], argv[1:]...)
	in, err := plain.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := plain.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := plain.Start(); err != nil {
		t.Fatal(err)
	}
	defer plain.Wait()
	defer in.Close()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	c := start(t, nil, "wait")
	c.ready("wait")
	if got, want := blocked(t, c.PID()), blocked(t, plain.Process.Pid); got != want {
		t.Errorf("blocked is %s, without a keeper %s", got, want)
	}
}

// blocked is a process's mask, as the kernel writes it (proc_pid_status(5)).
func blocked(t *testing.T, pid int) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(b), "SigBlk:")
	mask, _, found := strings.Cut(after, "\n")
	if !found {
		t.Fatalf("no mask in %q", b)
	}
	return strings.TrimSpace(mask)
}
