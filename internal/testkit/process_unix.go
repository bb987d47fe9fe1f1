//go:build unix

package testkit

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a process whose output a test waits for.
type Process struct {
	Cmd  *exec.Cmd
	Done chan struct{} // closed when the process has been waited for

	t testing.TB

	mu    sync.Mutex // guards the following fields
	cond  *sync.Cond
	lines []string // that Sees has not found yet
	all   strings.Builder
	ended bool // the output has
}

// Start starts a command in a process group of its own, which is killed when the test ends. The output is standard
// output and standard error, unless cmd says where they go.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if cmd.Stdout == nil {
		cmd.Stdout = w
	}
	if cmd.Stderr == nil {
		cmd.Stderr = w
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	return start(t, cmd, r, w)
}

// start starts a command that writes to w, which is closed here, and reads r.
func start(t testing.TB, cmd *exec.Cmd, r io.ReadCloser, w io.Closer) *Process {
	t.Helper()
	p := &Process{Cmd: cmd, Done: make(chan struct{}), t: t}
	p.cond = sync.NewCond(&p.mu)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	read := make(chan struct{})
	go func() { p.read(r); close(read) }()
	go func() { _ = cmd.Wait(); close(p.Done) }()
	t.Cleanup(func() {
		p.Kill()
		r.Close()
		<-read
		if t.Failed() {
			t.Logf("%q said:\n%.4000s", cmd.Args, p.Output())
		}
	})
	return p
}

func (p *Process) read(r io.Reader) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		p.all.WriteString(s.Text() + "\n")
		p.cond.Broadcast()
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.cond.Broadcast()
}

// Sees waits for a line with a text. Who writes to one output together has no order: a line that comes before the
// one that is waited for can be seen later. Each line is seen once.
func (p *Process) Sees(text string) string {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	at := -1
	Await(p.cond, func() bool {
		at = slices.IndexFunc(p.lines, func(line string) bool { return strings.Contains(line, text) })
		return at >= 0 || p.ended
	})
	if at < 0 {
		p.t.Fatalf("no line has %q (the output has ended: %v):\n%s", text, p.ended, p.all.String())
	}
	line := p.lines[at]
	p.lines = slices.Delete(p.lines, at, at+1)
	return line
}

// Output returns all lines so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.String()
}

// Wait waits for the end of the process and of its output, and returns the exit code; -1: a signal has ended it.
func (p *Process) Wait() int {
	p.t.Helper()
	select {
	case <-p.Done:
	case <-time.After(Patience):
		p.t.Fatalf("%q does not end", p.Cmd.Args)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	Await(p.cond, func() bool { return p.ended })
	return p.Cmd.ProcessState.ExitCode()
}

// Signal sends a signal to the process alone.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.Cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
}

// Kill kills the process and its group, and waits for its end.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGKILL)
	<-p.Done
}
