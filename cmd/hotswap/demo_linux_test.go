package main

import (
	"bufio"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

func TestDemoLosesNothingWherePlainRestartsDo(t *testing.T) {
	code, out, errOut := finished(t, asHotswap(t, "demo", "--swaps", "2"))
	if code != exit.OK {
		t.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
	for _, row := range []string{
		`requests +[1-9][\d ]{2,} +[1-9][\d ]{2,}`, `failed +0 +[1-9]`, `swaps +2 +2`,
		`cutover, median / max +\d+ µs / \d+ µs +-`, `until the new answers, median/max +\d.* [mµ]?s / .* [mµ]?s +\d.* [mµ]?s / .* [mµ]?s`,
	} {
		if !regexp.MustCompile(`(?m)^` + row).MatchString(out) {
			t.Errorf("no row %q in\n%s", row, out)
		}
	}
	if n := strings.Count(errOut, "2 of 2"); n != 2 {
		t.Errorf("%d columns told of their progress:\n%s", n, errOut)
	}
}

func TestDemoNeedsInterception(t *testing.T) {
	cmd := asHotswap(t, "demo", "--swaps", "1")
	cmd.Env = append(cmd.Env, fmt.Sprint(forbidEnv, "=", unix.SYS_SECCOMP))
	code, out, errOut := finished(t, cmd)
	if code != exit.CodeUnavailable || !strings.Contains(errOut, "hotswap: interception does not work here") ||
		!strings.Contains(errOut, "hotswap doctor") || out != "" {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
}

func TestDemoEndsWithCtrlC(t *testing.T) {
	t.Parallel()
	cmd := asHotswap(t, "demo", "--swaps", "1000")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); { // to the end of file: no process is left that has it
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "5 of 1000") {
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exit.CodeSignal+int(syscall.SIGINT) {
		t.Errorf("exit code %d\n%s", code, &said)
	}
}
