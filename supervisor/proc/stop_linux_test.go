package proc

import (
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// rest is what is said until all have ended. That a wrapper is told too, at
// last, may be: with nobody below it, and on a machine so busy that it takes
// longer to leave than it has.
func (c *child) rest(t *testing.T) string {
	t.Helper()
	b, err := io.ReadAll(c.out)
	if err != nil {
		t.Error(err)
	}
	return strings.TrimSuffix(string(b), "passed 15\n")
}

// A wrapper that passes signals on does not make its server hear one twice,
// however long that takes to end, and leaves with it.
func TestServerHearsTheEndOnceBelowAWrapper(t *testing.T) {
	for how, grace := range map[string]time.Duration{"soon": patience, "slowly": serverGrace} {
		c := start(t, func(s *Spec) { s.Env = append(s.Env, graceEnv+"="+grace.String()) }, "pass-on", "serve", how)
		c.ready("serve")
		c.send(unix.SIGTERM)
		if rest := c.rest(t); rest != "caught 15\n" {
			t.Errorf("%s: %q", how, rest)
		}
		if e := c.exit(); e != (Exit{}) {
			t.Errorf("%s: the wrapper: %+v", how, e)
		}
	}
}

// A server that does not leave may be one that its wrapper knows how to end.
func TestWrapperHearsTheEndOfAServerThatStays(t *testing.T) {
	c := start(t, nil, "pass-on", "serve", "never")
	c.ready("serve")
	c.send(unix.SIGTERM)
	for _, want := range []string{"caught 15", "passed 15", "caught 15"} {
		if got := c.line(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A master without a socket, whose workers have one each at the same address,
// is told before them: it decides, and would start anew who ends.
func TestMasterOfSharersHearsTheEndFirst(t *testing.T) {
	c := start(t, nil, "pass-on", "prefork")
	c.ready("prefork")
	c.send(unix.SIGTERM)
	for _, want := range []string{"master 15", "caught 15", "caught 15"} {
		if got := c.line(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if rest := c.rest(t); rest != "" {
		t.Errorf("more: %q", rest)
	}
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
worker = os.fork()
if worker == 0:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    say("works")
    say("finished " + os.read(0, 9).decode().strip())
    os._exit(0)
say("ended " + str(os.waitpid(worker, 0)[1]))
`
	patient := func(s *Spec) { s.Env = append(s.Env, graceEnv+"="+patience.String()) }
	c := testkit.Must(try(t, patient, python, "-c", program))(t)
	c.wants("works")
	c.send(unix.SIGTERM)
	c.wants("told")
	testkit.Must(c.in.WriteString("job\n"))(t)
	c.wants("finished job", "ended 0")
	if rest := c.rest(t); rest != "" {
		t.Errorf("more: %q", rest)
	}

	c, err = try(t, patient, python, "-c", program, "leave")
	testkit.NoError(t, err)
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

// above returns a function that returns the processes above one.
func above(parents map[int]int) func(pid int) []int {
	return func(pid int) (out []int) {
		for p := parents[pid]; p != 0; p = parents[p] {
			out = append(out, p)
		}
		return out
	}
}

func TestMasters(t *testing.T) {
	// 1 npm – 2 master – 3, 4 – 5; 1 – 6 another service.
	up := above(map[int]int{2: 1, 3: 2, 4: 2, 5: 4, 6: 1})
	for name, c := range map[string]struct {
		listen map[int][]string
		want   []int
	}{
		"nobody":               {nil, nil},
		"two services":         {map[int][]string{3: {"a"}, 6: {"b"}}, []int{3, 6}},
		"sharers":              {map[int][]string{3: {"a"}, 4: {"a", "c"}, 6: {"b"}}, []int{2, 3, 4, 6}},
		"sharers deeper":       {map[int][]string{3: {"a"}, 5: {"a"}}, []int{2, 3, 5}},
		"a parent's socket":    {map[int][]string{2: {"a"}, 3: {"a"}, 4: {"a"}}, []int{2, 3, 4}},
		"below two masters":    {map[int][]string{3: {"a"}, 6: {"a"}}, []int{1, 3, 6}},
		"nothing above is one": {map[int][]string{1: {"a"}, 7: {"a"}}, []int{1, 7}},
	} {
		if got := slices.Sorted(maps.Keys(masters(c.listen, up))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAround(t *testing.T) {
	// 1 npm – 2 sh – 3 master – 4, 5 workers; 2 – 6 a watcher.
	up := above(map[int]int{2: 1, 3: 2, 4: 3, 5: 3, 6: 2})
	outer, inner := around(map[int]bool{3: true, 4: true, 5: true}, []int{1, 2, 3, 4, 5, 6}, up)
	if a, b := slices.Sorted(maps.Keys(outer)), slices.Sorted(maps.Keys(inner)); !slices.Equal(a, []int{1, 2}) || !slices.Equal(b, []int{4, 5}) {
		t.Errorf("above %v, below %v", a, b)
	}
}
