//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = testkit.Patience

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
	child *child // the process that upgraded it, or nil
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
	output  *os.File   // nil: read by the test
	wrap    []string   // binary's own first arguments, if it is not hotswap
}

// start runs hotswap and ends it with the test.
func start(t testing.TB, o options) *hotswap {
	t.Helper()
	if o.binary == "" {
		o.binary = binary
	}
	h := &hotswap{t: t, Hotswap: e2etest.Start(t, e2etest.Options{
		Binary: o.binary, Wrap: o.wrap, Args: o.args, Command: o.command, Dir: o.dir, Env: o.env, As: o.as, Files: o.files, Output: o.output,
	})}
	t.Cleanup(func() {
		h.follow()
		h.child.end(t)
	})
	return h
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

// answered waits until a version answers.
func answered(t testing.TB, port, version string) {
	t.Helper()
	testkit.Eventually(t, func() error {
		p, err := pinged("127.0.0.1:" + port)
		if err == nil && strconv.Itoa(p.Version) != version {
			err = fmt.Errorf("version %d answers, want %s", p.Version, version)
		}
		return err
	})
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
