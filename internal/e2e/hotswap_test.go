//go:build linux

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait: a test that waits so long has failed.
const patience = 60 * time.Second

// line is one of hotswap's own (--log json).
type line struct {
	Event     string   `json:"event"`
	Level     string   `json:"level"`
	PID       int      `json:"pid"`
	Gen       int      `json:"gen"`
	Cause     string   `json:"cause"`
	Why       string   `json:"why"`
	Next      string   `json:"next"`
	Endpoints string   `json:"endpoints"`
	Files     []string `json:"files"`
	BootMS    float64  `json:"boot_ms"`
	CutoverUS int64    `json:"cutover_us"`
	TookMS    float64  `json:"took_ms"`
	Killed    bool     `json:"killed"`
	Busy      bool     `json:"busy"`
	Closed    int      `json:"closed"`
	Finished  int      `json:"finished"`
	Message   string   `json:"message"`
	Error     string   `json:"error"`
}

// hotswap is a running one.
type hotswap struct {
	t    testing.TB
	cmd  *exec.Cmd // the first process
	heir *heir     // the process that renewed it, or nil

	mu    sync.Mutex // guards what follows
	cond  *sync.Cond
	lines []line
	other strings.Builder // what is not hotswap's: the program's output
	ended bool

	done chan struct{} // closed when the first process has been waited for
}

// options of a start.
type options struct {
	dir     string
	env     []string
	args    []string // hotswap's
	command []string
	as      *syscall.Credential
	binary  string
	wrap    []string // binary's own first arguments, if it is not hotswap
}

// start runs hotswap and ends it with the test.
func start(t testing.TB, o options) *hotswap {
	t.Helper()
	if o.binary == "" {
		o.binary = binary
	}
	args := append(append(o.wrap[:len(o.wrap):len(o.wrap)], "--log", "json", "--verbose"), o.args...)
	args = append(append(args, "--"), o.command...)
	h := &hotswap{t: t, cmd: exec.Command(o.binary, args...), done: make(chan struct{})}
	h.cond = sync.NewCond(&h.mu)
	h.cmd.Dir = o.dir
	// A process under the race detector takes a second to end, unless told.
	h.cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0"), o.env...)
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: o.as}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	h.cmd.Stdout, h.cmd.Stderr = w, w
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go h.read(r)
	go func() {
		_ = h.cmd.Wait()
		close(h.done)
		h.mu.Lock()
		h.ended = true
		h.cond.Broadcast()
		h.mu.Unlock()
	}()
	t.Cleanup(func() {
		h.follow()
		select {
		case <-h.done:
		default:
			_ = h.cmd.Process.Signal(syscall.SIGQUIT) // stop at once
			select {
			case <-h.done:
			case <-time.After(patience):
				_ = h.cmd.Process.Kill()
				t.Error("hotswap did not end after SIGQUIT")
			}
		}
		h.heir.end(t)
		if t.Failed() {
			t.Logf("hotswap said:\n%s", h.log())
		}
	})
	return h
}

func (h *hotswap) read(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		h.mu.Lock()
		var l line
		if strings.HasPrefix(s.Text(), `{"level"`) && json.Unmarshal(s.Bytes(), &l) == nil {
			h.lines = append(h.lines, l)
		} else {
			h.other.WriteString(s.Text() + "\n")
		}
		h.cond.Broadcast()
		h.mu.Unlock()
	}
}

// log is all that was said, hotswap's lines first.
func (h *hotswap) log() string {
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

// wait waits for a line that satisfies want and returns it.
func (h *hotswap) wait(what string, want func(line) bool) line {
	h.t.Helper()
	return h.nth(what, 1, want)
}

// nth waits until so many lines satisfy want and returns the last of them.
func (h *hotswap) nth(what string, n int, want func(line) bool) line {
	h.t.Helper()
	timer := time.AfterFunc(patience, func() { h.cond.Broadcast() })
	defer timer.Stop()
	deadline := time.Now().Add(patience)
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		seen := 0
		for _, l := range h.lines {
			if want(l) {
				if seen++; seen == n {
					return l
				}
			}
		}
		if h.ended && !h.renewing() || time.Now().After(deadline) {
			h.mu.Unlock()
			defer h.mu.Lock()
			h.t.Fatalf("no line: %s (hotswap ended: %v)", what, h.ended)
		}
		h.cond.Wait()
	}
}

// serving waits until the generation serves.
func (h *hotswap) serving(gen int) line {
	h.t.Helper()
	return h.wait("generation serves", func(l line) bool { return l.Event == "serving" && l.Gen == gen })
}

// drained waits until the generation has ended after its drain.
func (h *hotswap) drained(gen int) line {
	h.t.Helper()
	return h.wait("generation drained", func(l line) bool { return l.Event == "drained" && l.Gen == gen })
}

// count is the number of lines that satisfy want so far.
func (h *hotswap) count(want func(line) bool) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, l := range h.lines {
		if want(l) {
			n++
		}
	}
	return n
}

func (h *hotswap) signal(s os.Signal) {
	h.t.Helper()
	send := h.cmd.Process.Signal
	if h.heir != nil {
		send = h.heir.signal
	}
	if err := send(s); err != nil {
		h.t.Fatal(err)
	}
}

// exit waits for the end of hotswap's first process and gives its exit code.
func (h *hotswap) exit() int {
	h.t.Helper()
	select {
	case <-h.done:
		return h.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		h.t.Fatal("hotswap does not end")
		return -1
	}
}

// freePort is a port that nobody has at the moment.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func background(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
