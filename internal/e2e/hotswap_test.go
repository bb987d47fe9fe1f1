//go:build linux

package e2e

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

const patience = e2etest.Patience

// brief is a probation for tests that wait for the end of the one before.
const brief = "200ms"

// unhurried is for programs without an adapter whose clients keep their connections and lose nothing: hotswap
// has to meet each client between two requests, and on a busy machine that takes many looks. A program that is
// busy after 7 s of the usual 10 is told to stop all the same.
var unhurried = "--drain-timeout=" + patience.String()

// line is one of hotswap's own.
type line = e2etest.Line

// hotswap is a running one, which may be upgraded.
type hotswap struct {
	*e2etest.Hotswap
	t     testing.TB
	cmd   *exec.Cmd     // the first process
	done  chan struct{} // closed when it has been waited for
	child *child        // the process that upgraded it, or nil
}

// options of a start.
type options struct {
	dir     string
	env     []string
	args    []string // hotswap's
	command []string
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
	h := &hotswap{t: t, Hotswap: e2etest.Start(t, e2etest.Options{
		Binary: o.binary, Wrap: o.wrap, Args: o.args, Command: o.command, Dir: o.dir, Env: o.env, As: o.as, Files: o.files,
	})}
	h.cmd, h.done = h.Cmd, h.Done
	t.Cleanup(func() {
		h.follow()
		h.child.end(t)
	})
	return h
}

func (h *hotswap) wait(what string, want func(line) bool) line {
	h.t.Helper()
	return h.Wait(what, want)
}

func (h *hotswap) nth(what string, n int, want func(line) bool) line {
	h.t.Helper()
	return h.Nth(what, n, want)
}

func (h *hotswap) serving(gen int) line {
	h.t.Helper()
	return h.Serving(gen)
}

func (h *hotswap) drained(gen int) line {
	h.t.Helper()
	return h.Drained(gen)
}

func (h *hotswap) count(want func(line) bool) int { return h.Count(want) }

func (h *hotswap) log() string { return h.Log() }

func (h *hotswap) exit() int {
	h.t.Helper()
	return h.Exit()
}

// signal goes to the process that is hotswap now.
func (h *hotswap) signal(s os.Signal) {
	h.t.Helper()
	send := h.Cmd.Process.Signal
	if h.child != nil {
		send = h.child.signal
	}
	if err := send(s); err != nil {
		h.t.Fatal(err)
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	return e2etest.FreePort(t)
}

func background(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
