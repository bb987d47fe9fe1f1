package proc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// rest is what is said until all have ended.
func (c *child) rest(t *testing.T) string {
	t.Helper()
	return string(testkit.Must(io.ReadAll(c.out))(t))
}

// Each server hears one signal, from whoever decides about it: a wrapper that passes the signal on, however long the
// server takes to end; or the keeper, if a shell ends by the signal, or waits for the server before it runs its trap.
// No loop starts a server anew, and what a shell starts that ignores the signal hears it, too.
func TestServerHearsTheEndOnce(t *testing.T) {
	golang := t.TempDir() + "/go"
	testkit.NoError(t, os.Symlink(self, golang))
	for name, test := range map[string]struct {
		grace time.Duration
		argv  []string
		want  string
	}{
		"passed on, slowly": {passedWithin, helper("pass-on", "serve", "slowly"), "passed 15\ncaught 15\n"},
		"go run": {patience, append([]string{golang}, helper("pass-on", "serve", "soon")[1:]...),
			"caught 15\n"},
		"shell": {patience, shellOf("%s; echo more"), "caught 15\n"},
		"loop":  {patience, shellOf("while :; do %s; done"), "caught 15\n"},
		"trap":  {time.Millisecond, shellOf("trap 'echo trapped' TERM; %s"), "caught 15\ntrapped\n"},
		"loop with a trap": {time.Millisecond, shellOf("trap end=1 TERM; while [ -z $end ]; do %s; done"),
			"caught 15\n"},
		"loop that ignores": {patience, shellOf("trap '' TERM; %s; env --default-signal=TERM sleep 1000"),
			"caught 15\n"},
		"sleep below a trap": {patience,
			[]string{"sh", "-c", "trap 'echo trapped; exit' TERM; sh -c 'echo serve 1; exec sleep 1000'"}, "trapped\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c := graced(t, test.grace, test.argv...)
			t.Parallel()
			c.ready("serve")
			c.send(unix.SIGTERM)
			if rest := c.rest(t); rest != test.want {
				t.Errorf("%q, want %q", rest, test.want)
			}
		})
	}
}

// shellOf returns a shell whose script runs a server.
func shellOf(script string) []string {
	self, _ := os.Executable()
	helper("serve")
	return []string{"sh", "-c", fmt.Sprintf(script, self+" helper:serve")}
}

// A server that goes on listening may not have heard of the end from its wrapper. Nobody is left out in the end.
func TestServerThatStaysHearsTheEnd(t *testing.T) {
	c := start(t, nil, "pass-on", "serve", "never")
	c.ready("serve")
	c.send(unix.SIGTERM)
	c.wants("passed 15", "caught 15", "caught 15")
}

// A pool's worker finishes its job when the master is told to stop, as with Celery and rq: the
// master handles the signal, and the worker has reset it. A worker whose master has ended is told.
func TestPoolFinishesItsJobs(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	const program = `
import os, signal, sys
say = lambda line: os.write(1, line.encode() + b"\n")
def told(*_):
    say("told")
    if "leave" in sys.argv: os._exit(0)
signal.signal(signal.SIGTERM, told)
heard, hears = os.pipe() # a signal just before a waitpid would not wake it
os.set_blocking(hears, False)
signal.set_wakeup_fd(hears)
worker = os.fork()
if worker == 0:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    say("works")
    say("finished " + os.read(0, 9).decode().strip())
    os._exit(0)
os.read(heard, 1)
say("ended " + str(os.waitpid(worker, 0)[1]))
`
	c := graced(t, patience, python, "-c", program)
	c.wants("works")
	c.send(unix.SIGTERM)
	c.wants("told")
	testkit.Must(c.in.WriteString("job\n"))(t)
	c.wants("finished job", "ended 0")
	if rest := c.rest(t); rest != "" {
		t.Errorf("more: %q", rest)
	}

	c = graced(t, patience, python, "-c", program, "leave")
	c.wants("works")
	c.send(unix.SIGTERM)
	c.wants("told")
	if rest := c.rest(t); rest != "" { // the worker has ended, too
		t.Errorf("more: %q", rest)
	}
}

// wants reads lines.
func (c *child) wants(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		if got := c.line(); got != want {
			c.t.Fatalf("%q, want %q", got, want)
		}
	}
}

// graced starts a program whose keeper, which nobody gets later, gives that grace.
func graced(t *testing.T, grace time.Duration, argv ...string) *child {
	EndIdle()
	t.Cleanup(EndIdle)
	testkit.NoError(t, os.Setenv(graceEnv, grace.String()))
	defer os.Unsetenv(graceEnv)
	return testkit.Must(try(t, nil, argv...))(t)
}
