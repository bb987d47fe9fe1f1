//go:build linux

package e2etest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Hotswap is a running hotswap.
type Hotswap struct {
	Cmd  *exec.Cmd     // the first process
	Done chan struct{} // closed when it has been waited for

	t testing.TB

	mu    sync.Mutex // guards the following fields
	cond  *sync.Cond
	lines []Line
	other strings.Builder // the program's output
	ended bool
}

// Options describe a start.
type Options struct {
	Binary  string
	Wrap    []string // first arguments of Binary, if that is not hotswap
	Args    []string // of hotswap
	Command []string // none: that of hotswap.yaml
	Dir     string
	Env     []string // in addition to our own
	As      *syscall.Credential
	Files   []*os.File // inherited, from descriptor 3
	Output  *os.File   // output; nil: read by the methods below
}

// Start runs hotswap until the test ends.
func Start(t testing.TB, o Options) *Hotswap {
	t.Helper()
	args := append(append(o.Wrap[:len(o.Wrap):len(o.Wrap)], "--log", "json", "--verbose"), o.Args...)
	if len(o.Command) > 0 {
		args = append(append(args, "--"), o.Command...)
	}
	h := &Hotswap{t: t, Cmd: exec.Command(o.Binary, args...), Done: make(chan struct{})}
	h.cond = sync.NewCond(&h.mu)
	h.Cmd.Dir, h.Cmd.ExtraFiles = o.Dir, o.Files
	// Else a process under the race detector takes a second to end; and nobody would hear of the process id of an
	// upgrade.
	h.Cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", "NOTIFY_SOCKET=/nobody", "SYSTEMD_EXEC_PID="),
		o.Env...)
	h.Cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: o.As}
	out, own := o.Output, (*os.File)(nil)
	if out == nil {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		out, own = w, w
		go h.read(r)
	}
	h.Cmd.Stdout, h.Cmd.Stderr = out, out
	if err := h.Cmd.Start(); err != nil {
		own.Close()
		t.Fatal(err)
	}
	go func() {
		_ = h.Cmd.Wait()
		close(h.Done)
		// The reader may be behind, and processes left behind keep the pipe open: what
		// was written before this line is all that hotswap said.
		if own != nil {
			_, _ = own.WriteString("\n" + lastLine + "\n")
			own.Close()
		} else {
			h.setEnded()
		}
	}()
	t.Cleanup(h.end)
	return h
}

// lastLine is what the test writes behind the output of a hotswap that has ended.
const lastLine = "hotswap has been waited for"

func (h *Hotswap) setEnded() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	h.cond.Broadcast()
}

func (h *Hotswap) end() {
	select {
	case <-h.Done:
	default:
		_ = h.Cmd.Process.Signal(syscall.SIGQUIT) // stop at once
		select {
		case <-h.Done:
		case <-time.After(testkit.Patience):
			_ = h.Cmd.Process.Kill()
			h.t.Error("hotswap did not end after SIGQUIT")
		}
	}
	if h.t.Failed() {
		h.t.Logf("hotswap said:\n%s", h.Log())
	}
}

func (h *Hotswap) read(r io.ReadCloser) {
	defer r.Close()
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if s.Text() == lastLine {
			h.setEnded()
			continue // a child that upgraded hotswap may still write
		}
		h.mu.Lock()
		var l Line
		if strings.HasPrefix(s.Text(), `{"level"`) && json.Unmarshal(s.Bytes(), &l) == nil {
			h.lines = append(h.lines, l)
		} else {
			h.other.WriteString(s.Text() + "\n")
		}
		h.cond.Broadcast()
		h.mu.Unlock()
	}
}

// Lines returns hotswap's log lines so far.
func (h *Hotswap) Lines() []Line {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lines)
}

// Log returns hotswap's messages, then the program's output.
func (h *Hotswap) Log() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	for _, l := range h.lines {
		if l.Event != "draining" {
			b.WriteString("  " + l.Message + "\n")
		}
	}
	return b.String() + h.other.String()
}

// Wait waits for a line that satisfies want and returns the line.
func (h *Hotswap) Wait(what string, want func(Line) bool) Line {
	h.t.Helper()
	return h.Nth(what, 1, want)
}

// Nth waits for the n-th line that satisfies want and returns the line.
func (h *Hotswap) Nth(what string, n int, want func(Line) bool) Line {
	h.t.Helper()
	return h.find(what, 0, n, want)
}

// After is Wait without the first lines.
func (h *Hotswap) After(seen int, what string, want func(Line) bool) Line {
	h.t.Helper()
	return h.find(what, seen, 1, want)
}

func (h *Hotswap) find(what string, from, n int, want func(Line) bool) Line {
	h.t.Helper()
	var line Line
	found := 0
	h.mu.Lock()
	defer h.mu.Unlock()
	testkit.Await(h.cond, func() bool {
		found = 0
		for _, l := range h.lines[min(from, len(h.lines)):] {
			if want(l) {
				found++
				if found == n {
					line = l
					return true
				}
			}
		}
		// After an upgrade, the first process ends before hotswap does.
		return h.ended && !slices.ContainsFunc(h.lines, func(l Line) bool { return l.Event == "upgraded" })
	})
	if found < n {
		h.t.Fatalf("no line: %s (hotswap ended: %v)", what, h.ended)
	}
	return line
}

// Serving waits until the generation serves.
func (h *Hotswap) Serving(gen int) Line {
	h.t.Helper()
	return h.Wait("generation serves", Of("serving", gen))
}

// Drained waits until the generation has ended after its drain.
func (h *Hotswap) Drained(gen int) Line {
	h.t.Helper()
	return h.Wait("generation drained", Of("drained", gen))
}

// Count returns how many lines have satisfied want so far.
func (h *Hotswap) Count(want func(Line) bool) int {
	n := 0
	for _, l := range h.Lines() {
		if want(l) {
			n++
		}
	}
	return n
}

// Exit waits for the end of hotswap's first process and returns its exit code.
func (h *Hotswap) Exit() int {
	h.t.Helper()
	select {
	case <-h.Done:
		return h.Cmd.ProcessState.ExitCode()
	case <-time.After(testkit.Patience):
		h.t.Fatal("hotswap does not end")
		return -1
	}
}
