package child

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

func init() { helpers["suite"] = helperSuite }

// reportVariable names the pipe through which a helper below hotswap reports.
const reportVariable = "CHILD_TEST_REPORT"

// helperSuite runs tests of this binary below hotswap, in a process of its own, and reports how that went.
func helperSuite() int {
	report, err := os.OpenFile(os.Getenv(reportVariable), os.O_WRONLY, 0)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), helperVariable+"=")
	out, err := cmd.CombinedOutput()
	if err == nil {
		out = append(out, "passed\n"...)
	}
	_, _ = report.Write(out)
	report.Close()
	select {} // until the test ends hotswap
}

// binary is hotswap with the race detector, fast is hotswap without; each is built once.
var (
	binary = sync.OnceValues(func() (string, error) { return build("-race") })
	fast   = sync.OnceValues(func() (string, error) { return build() })
)

func build(flags ...string) (string, error) {
	dir, err := os.MkdirTemp("", "child-test-")
	if err != nil {
		return "", err
	}
	atEnd = append(atEnd, func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "hotswap")
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "github.com/hotswap-dev/hotswap/cmd/hotswap")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
}

// below runs hotswap with this binary, or a shell, as the program, and returns what the program reports.
func below(t testing.TB, build func() (string, error), helper string, hotswapArgs []string, args ...string) (h *e2etest.Hotswap, report io.Reader) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds hotswap")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pipe := filepath.Join(dir, "report")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(pipe, os.O_RDWR, 0) // not before somebody writes, and no end of file between two
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	command := append([]string{os.Args[0]}, args...)
	if args[0] == "sh" {
		command = args
	}
	h = e2etest.Start(t, e2etest.Options{
		Binary: path, Args: append([]string{"--no-watch"}, hotswapArgs...), Command: command, Dir: dir,
		Env: []string{helperVariable + "=" + helper, reportVariable + "=" + pipe, "XDG_RUNTIME_DIR=" + dir, "XDG_STATE_HOME=" + dir},
	})
	return h, f
}

// TestBelowHotswap runs the suite once more below hotswap.
func TestBelowHotswap(t *testing.T) {
	_, report := below(t, binary, "suite", nil, "-test.run=^TestState", "-test.timeout=3m", "-test.v="+fmt.Sprint(testing.Verbose()))
	t.Log(passes(t, report))
}

// BenchmarkBelowHotswap measures round trips.
func BenchmarkBelowHotswap(b *testing.B) {
	if b.N > 1 {
		b.Skip("the other process repeats")
	}
	_, report := below(b, fast, "suite", nil, "-test.run=^$", "-test.bench=^BenchmarkState", "-test.benchtime=1s")
	fmt.Print(passes(b, report))
}

// passes waits until the helper reports that all passed, and returns what it said.
func passes(t testing.TB, report io.Reader) string {
	t.Helper()
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := report.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(buf[:n])
		if s := text.String(); strings.HasSuffix(s, "passed\n") {
			return s
		} else if strings.HasSuffix(s, "FAIL\n") || strings.Contains(s, "\npanic: ") {
			t.Fatal(s)
		}
	}
}
