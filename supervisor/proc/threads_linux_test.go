package proc

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// init keeps the main goroutine of the helper on the first thread.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "helper:thread-ends" {
		runtime.LockOSThread()
	}
}

// thread-ends lives on without it until its input ends.
func helperThreadEnds([]string) {
	go func() { _, _ = os.Stdin.Read(make([]byte, 1)); os.Exit(0) }()
	_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // the thread alone, _exit(2)
}

// A process whose first thread has ended is in state Z as a zombie is, and lives.
func TestFirstThreadHasEnded(t *testing.T) {
	argv := helper("thread-ends")
	cmd := exec.Command(argv[0], argv[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	pid := cmd.Process.Pid
	state := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if err != nil {
				t.Fatal(err)
			}
			threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
			if bytes.Contains(b, []byte(") Z ")) && (want == "one") == (len(threads) == 1) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s, %d threads", b, len(threads))
			}
		}
	}
	state("more")
	id, ok := Identify(pid)
	if !ok || !id.Alive() || !lives(pid) {
		t.Error("it counts as dead while its threads run")
	}
	if zombie(pid) {
		t.Error("it is taken for one to be waited for while its threads run")
	}
	in.Close()
	state("one") // a zombie, for nobody has waited for it
	if _, ok := Identify(pid); ok || id.Alive() || lives(pid) {
		t.Error("a zombie counts as alive")
	}
	if !zombie(pid) {
		t.Error("nobody waits for a zombie")
	}
	(&Handle{pid: pid, fd: -1, meant: func() bool { return true }}).Wait() // as where pidfds are forbidden
}
