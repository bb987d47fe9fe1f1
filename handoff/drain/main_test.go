//go:build linux

package drain

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// TestMain lets the test binary be the program that is drained.
func TestMain(m *testing.M) {
	switch os.Getenv("DRAIN_TEST_CHILD") {
	case "":
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
		os.Exit(m.Run())
	case "serve":
		serve()
	case "ask":
		ask()
		os.Exit(0)
	case "hold": // keeps what it was given until its input ends
		fmt.Println("held")
		_, _ = bufio.NewReader(os.Stdin).ReadString(0)
	}
}

// program is a child process that serves.
type program struct {
	t    testing.TB
	addr string
	cmd  *exec.Cmd
	in   interface{ Write([]byte) (int, error) }
	out  *bufio.Reader
}

func startProgram(t testing.TB) *program {
	t.Helper()
	return startAs(t, "serve")
}

// startAs starts the program that DRAIN_TEST_CHILD names, with files.
func startAs(t testing.TB, child string, files ...*os.File) *program {
	t.Helper()
	return startIn(t, child, nil, files...)
}

func startIn(t testing.TB, child string, attr *syscall.SysProcAttr, files ...*os.File) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DRAIN_TEST_CHILD="+child)
	cmd.Stderr, cmd.ExtraFiles, cmd.SysProcAttr = os.Stderr, files, attr
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	p := &program{t: t, cmd: cmd, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close() // its signal to end
		_ = cmd.Wait()
	})
	p.addr = p.line()
	return p
}

func (p *program) line() string {
	p.t.Helper()
	s, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Fatalf("the program says nothing: %v", err)
	}
	return strings.TrimSpace(s)
}

// ask sends a word and returns the line that answers it.
func (p *program) ask(word string) string {
	p.t.Helper()
	testkit.Must(fmt.Fprintln(p.in, word))(p.t)
	return p.line()
}

// count asks how many requests the program has read in all.
func (p *program) count() (n int) {
	p.t.Helper()
	testkit.Must(fmt.Sscan(p.ask("count"), &n))(p.t)
	return n
}

func (p *program) config() Config {
	return Config{
		Endpoints: []handoff.Endpoint{endpoint(p.addr)},
		Tree:      func() []int { return []int{p.cmd.Process.Pid} },
		CanGetFD:  true,
	}
}

// moving is the config of a drain that moves connections. What it moves is answered by the same program, on a new
// connection.
func (p *program) moving() Config {
	r := relay.New()
	p.t.Cleanup(func() { r.Finish(0) })
	cfg := p.config()
	cfg.Mover, cfg.Harmless = r, func(peer.Ends) bool { return true }
	return cfg
}

func endpoint(addr string) handoff.Endpoint {
	return handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort(addr)}
}

func dial(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c := testkit.Must(net.Dial("tcp4", addr))(t)
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c.(*net.TCPConn)
}
