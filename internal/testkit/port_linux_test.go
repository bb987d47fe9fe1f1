package testkit

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

const portsEnv = "TESTKIT_PORTS" // so many, by a process of its own that lives until its input ends

// No two processes that live at the same time get one port.
func TestPortsOfProcesses(t *testing.T) {
	if text := os.Getenv(portsEnv); text != "" {
		var n int
		_, _ = fmt.Sscan(text, &n)
		for range n {
			fmt.Println("port", FreePort(t))
		}
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	const processes, each = 4, 200
	seen := map[string]bool{}
	for range processes {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestPortsOfProcesses$")
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", portsEnv+"="+fmt.Sprint(each))
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		defer func() { in.Close(); _, _ = io.Copy(io.Discard, out); _ = cmd.Wait() }()
		for range each {
			if !lines.Scan() {
				t.Fatal("the process has ended")
			}
			if seen[lines.Text()] {
				t.Errorf("two processes got %s", lines.Text())
			}
			seen[lines.Text()] = true
		}
	}
}
