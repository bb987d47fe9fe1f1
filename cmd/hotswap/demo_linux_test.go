package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

func TestDemoLosesNothingWherePlainRestartsDo(t *testing.T) {
	code, out, errOut := finished(t, asHotswap(t, "demo", "--swaps", "2", "--json"))
	if code != exit.OK {
		t.Fatalf("exit code %d\n%s%s", code, out, errOut)
	}
	var r demo.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if r.Hotswap.Failed != 0 {
		t.Errorf("%d requests failed under hotswap: %v", r.Hotswap.Failed, r.Hotswap.Examples)
	}
	if r.Plain.Failed == 0 || r.Plain.FailedBy["refused"] == 0 {
		t.Errorf("no request was refused by plain restarts: %v", r.Plain.FailedBy)
	}
	for name, c := range map[string]demo.Column{"hotswap": r.Hotswap, "plain": r.Plain} {
		if c.Swaps != 2 || c.Requests < 100 || c.WebSockets.Messages == 0 {
			t.Errorf("%s: %d swaps, %d requests, %d messages", name, c.Swaps, c.Requests, c.WebSockets.Messages)
		}
		if c.BootMS == nil || c.BootMS.Median < human.Millis(demo.Boot) || c.DrainMS == nil {
			t.Errorf("%s: boot %v, drain %v", name, c.BootMS, c.DrainMS)
		}
	}
	if r.Hotswap.CutoverUS == nil || r.Plain.CutoverUS != nil {
		t.Errorf("cutover: hotswap %v, plain %v", r.Hotswap.CutoverUS, r.Plain.CutoverUS)
	}
	if !strings.Contains(errOut, "2 of 2") {
		t.Errorf("no progress was told:\n%s", errOut)
	}
}

// Without a drainer the old process is told to stop right after the cutover,
// with the slow requests in it.
func TestDemoSaysWhenSomethingWasLost(t *testing.T) {
	t.Setenv(beHotswapEnv, "1") // for the children
	careless := func(o options.Options, a systemd.Activation, r *reuseport.Registry) (engine.Mechanism, error) {
		w, err := engine.Choose(o, a, r)
		w.Drainer = nil
		return w, err
	}
	var out, errOut bytes.Buffer
	port := freePort(t)
	d := demo.Demo{Out: &out, Err: &errOut, Screen: &errOut, Choose: careless, Swaps: 2, Port: port}
	code, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if code != exit.CodeFailed {
		t.Errorf("exit code %d\n%s", code, &out)
	}
	if !strings.Contains(out.String(), "lost under hotswap") {
		t.Errorf("the table does not say that something was lost:\n%s", &out)
	}
}

func TestDemoNeedsInterception(t *testing.T) {
	cmd := asHotswap(t, "demo", "--swaps", "1")
	cmd.Env = append(cmd.Env, fmt.Sprint(forbidEnv, "=", unix.SYS_SECCOMP))
	code, out, errOut := finished(t, cmd)
	if code != exit.CodeUnavailable || !strings.HasPrefix(errOut, "hotswap: no demo: interception does not work here") ||
		!strings.Contains(errOut, "hotswap doctor") || out != "" {
		t.Errorf("exit code %d\n%s%s", code, out, errOut)
	}
}

func TestDemoEndsWithCtrlC(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	cmd := asHotswap(t, "demo", "--swaps", "1000", "--port", fmt.Sprint(port))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
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
	if conn, err := net.Dial("tcp4", demo.Addr(port)); err == nil {
		conn.Close()
		t.Error("the demo's server is still there")
	}
}

func TestDemoRefusesWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"--swaps", "0"}, {"--port", "70000"}, {"--nonsense"}, {"word"}} {
		code, _, errOut := finished(t, asHotswap(t, append([]string{"demo"}, args...)...))
		if code != exit.CodeUsage || errOut == "" {
			t.Errorf("demo %v: exit code %d\n%s", args, code, errOut)
		}
	}
}
