//go:build linux

package e2e

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = testkit.Patience

// brief is a probation for tests that wait for the end of the one before.
const brief = "200ms"

// line is one of hotswap's own.
type line = e2etest.Line

// hotswap is a running one, which may be upgraded.
type hotswap struct {
	*e2etest.Hotswap
	t     testing.TB
	child *child // the process that upgraded it, or nil
	port  string // $PORT
}

// options of a start.
type options struct {
	dir     string
	env     []string // without PORT, a free one is added; PORT= says that there is none
	args    []string // hotswap's; $PORT stands for the port
	command []string // likewise
	as      *syscall.Credential
	binary  string
	files   []*os.File // that it inherits, from descriptor 3
	wrap    []string   // binary's own first arguments, if it is not hotswap
}

// start runs hotswap and ends it with the test.
func start(t testing.TB, o options) *hotswap {
	t.Helper()
	if o.binary == "" {
		o.binary = binary
	}
	h, told := &hotswap{t: t}, false
	for _, kv := range o.env {
		if port, ok := strings.CutPrefix(kv, "PORT="); ok {
			h.port, told = port, true
		}
	}
	if !told {
		h.port = freePort(t)
		o.env = append(o.env[:len(o.env):len(o.env)], "PORT="+h.port)
	}
	h.Hotswap = e2etest.Start(t, e2etest.Options{
		Binary: o.binary, Wrap: o.wrap, Args: argv(o.args, h.port), Command: argv(o.command, h.port), Dir: o.dir,
		Env: o.env, As: o.as, Files: o.files,
	})
	t.Cleanup(func() {
		h.follow()
		h.child.end(t)
	})
	return h
}

// argv returns a command with its placeholders filled in.
func argv(command []string, port string) (argv []string) {
	for _, word := range command {
		argv = append(argv, strings.ReplaceAll(word, "$PORT", port))
	}
	return argv
}

func words(s string) []string { return strings.Fields(s) }

func (h *hotswap) addr() string { return "127.0.0.1:" + h.port }

func is(event string) func(line) bool { return func(l line) bool { return l.Event == event } }

// under waits until generation 1 serves and has answered clients of these kinds.
func (h *hotswap) under(kinds []load.Kind) *traffic {
	h.t.Helper()
	h.Serving(1)
	tr := h.load(kinds)
	tr.Answers("1", 20)
	return tr
}

// load begins clients of these kinds, at the program's port.
func (h *hotswap) load(kinds []load.Kind) *traffic {
	h.t.Helper()
	tr := begin(h.t, kinds, load.ExampleChecks(), h.addr())
	tr.h = h
	return tr
}

// warm waits until a generation serves, and demands that it was a standby.
func (h *hotswap) warm(gen int) line {
	h.t.Helper()
	l := h.Serving(gen)
	if !l.Standby {
		h.t.Errorf("generation %d began cold", gen)
	}
	return l
}

// drains waits until a generation has drained, and demands that it did not have to be killed.
func (h *hotswap) drains(gen int) line {
	h.t.Helper()
	l := h.Drained(gen)
	if l.Killed {
		h.t.Errorf("generation %d had to be killed", gen)
	}
	return l
}

// killedNone demands that no generation had to be killed.
func (h *hotswap) killedNone() {
	h.t.Helper()
	if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Killed }); n > 0 {
		h.t.Errorf("%d generations had to be killed", n)
	}
}

// exits demands the exit code of hotswap's first process.
func (h *hotswap) exits(code int) {
	h.t.Helper()
	if got := h.Exit(); got != code {
		h.t.Errorf("exit code %d, want %d", got, code)
	}
}

// does runs a sub-command on this hotswap, and returns what it says.
func (h *hotswap) does(command ...string) string {
	h.t.Helper()
	out, err := exec.Command(binary, append(command, "--pid", strconv.Itoa(h.pid()))...).CombinedOutput()
	if err != nil {
		h.t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// signal goes to the process that is hotswap now.
func (h *hotswap) signal(s os.Signal) {
	h.t.Helper()
	send := h.Cmd.Process.Signal
	if h.child != nil {
		send = h.child.signal
	}
	testkit.NoError(h.t, send(s))
}

// Of testkit.
var (
	write     = testkit.Write
	awaitFile = testkit.AwaitFile
	freePort  = testkit.FreePort
	reachable = testkit.Reachable
)

// bare runs a program without hotswap, in a group of its own.
func bare(t testing.TB, dir string, env []string, command ...string) *testkit.Process {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	return testkit.Start(t, cmd)
}

// get returns an answer on a connection of its own, or the error.
func get(url string) string {
	text, err := testkit.Get(url)
	if err != nil {
		return err.Error()
	}
	return text
}

// ping asks for the version that serves.
func ping(port string) string { return get("http://127.0.0.1:" + port + "/ping") }

func background(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// child is a hotswap process that upgraded another: it is no child of the test.
type child struct{ pid, fd int } // fd is -1 when it has gone

func (x *child) signal(s os.Signal) error {
	return unix.PidfdSendSignal(x.fd, s.(syscall.Signal), nil, 0)
}

// end sees to it that it ends with the test.
func (x *child) end(t testing.TB) {
	if x == nil || x.fd < 0 {
		return
	}
	_ = x.signal(syscall.SIGQUIT) // stop at once
	x.gone(t)
}

// gone waits for its end.
func (x *child) gone(t testing.TB) {
	t.Helper()
	ended(t, map[int]int{x.pid: x.fd})
	x.fd = -1 // closed twice, it would be another test's connection
}

// upgradeSelf asks for an upgrade, waits until the n-th has happened and goes on with
// the process that took over.
func (h *hotswap) upgradeSelf(n int) {
	h.t.Helper()
	h.signal(syscall.SIGUSR2)
	l := h.Nth("hotswap upgraded", n, is("upgraded"))
	fd, err := unix.PidfdOpen(l.PID, 0)
	if err != nil {
		h.t.Fatalf("process %d took over and is gone: %v", l.PID, err)
	}
	h.child = &child{l.PID, fd}
}

// follow goes on with the last process that took over, if a test gave up before
// it did.
func (h *hotswap) follow() {
	for _, l := range slices.Backward(h.Lines()) {
		if l.Event != "upgraded" {
			continue
		}
		if fd, err := unix.PidfdOpen(l.PID, 0); err == nil && h.t.Failed() {
			h.child = &child{l.PID, fd}
		}
		return
	}
}

// pid is hotswap's process id.
func (h *hotswap) pid() int {
	if h.child != nil {
		return h.child.pid
	}
	return h.Cmd.Process.Pid
}
