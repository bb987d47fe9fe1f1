//go:build linux

package e2e

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// clientConn is the connection of a client that copies, or what a client that asks hears and says.
type clientConn struct {
	to, from *os.File
	done     chan struct{} // closed when the process has been waited for
}

// begin starts the client as a process of its own.
func (c client) begin(t testing.TB) *clientConn {
	t.Helper()
	in, to, err := os.Pipe()
	from, out, wrong := os.Pipe()
	testkit.NoError(t, err, wrong)
	cmd := exec.Command("/proc/self/exe") // its path may be one that the client's user cannot enter
	if c.netns != "" {
		cmd = exec.Command("ip", "netns", "exec", c.netns, testkit.Must(os.Executable())(t))
	}
	cmd.Env, cmd.Dir = append(os.Environ(), clientEnv+"=1"), "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	in.Close()
	out.Close()
	testkit.NoError(t, err)
	p := &clientConn{to, from, make(chan struct{})}
	go func() { _ = cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.Close()
		cmd.Process.Kill()
		<-p.done
	})
	config := testkit.Must(json.Marshal(c))(t)
	p.say(t, string(config)+"\n")
	if len(c.Kinds) == 0 {
		if _, err := io.ReadFull(p, make([]byte, 1)); err != nil {
			t.Fatalf("a client cannot connect to %s", c.Address)
		}
	}
	return p
}

func (p *clientConn) Read(b []byte) (int, error)  { return p.from.Read(b) }
func (p *clientConn) Write(b []byte) (int, error) { return p.to.Write(b) }

func (p *clientConn) SetReadDeadline(t time.Time) error { return p.from.SetReadDeadline(t) }

func (p *clientConn) Close() error {
	p.from.Close()
	return p.to.Close()
}

func (p *clientConn) say(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		t.Errorf("saying %.80q: %v", text, err)
	}
}

// hears reads until a text has come, and demands that no end comes before.
func (p *clientConn) hears(t testing.TB, text string) (all string) {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(15 * time.Second))
	for b := make([]byte, 1); !strings.Contains(all, text); all += string(b) {
		if _, err := p.Read(b); err != nil {
			t.Errorf("%v instead of %q, after %.300q", err, text, all)
			return all
		}
	}
	return all
}

// ends ends a client that asks.
func (p *clientConn) ends(t testing.TB) *keptTally {
	t.Helper()
	p.to.Close()
	_ = p.from.SetReadDeadline(time.Now().Add(patience))
	var k keptTally
	if err := json.NewDecoder(p.from).Decode(&k); err != nil {
		t.Fatalf("a client says nothing of its requests: %v", err)
	}
	t.Log(&k)
	return &k
}
