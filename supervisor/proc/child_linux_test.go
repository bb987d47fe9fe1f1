package proc

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = testkit.Patience

// child is a started program with a pipe to its standard input and one from
// its standard output.
type child struct {
	*Process
	t   testing.TB
	in  *os.File // closing it lets a helper that waits leave
	raw *os.File
	out *bufio.Reader
}

// start runs a helper; change may alter what Start is told.
func start(t testing.TB, change func(*Spec), name string, args ...string) *child {
	t.Helper()
	return testkit.Must(try(t, change, helper(name, args...)...))(t)
}

// try runs any command. The tree ends with the test.
func try(t testing.TB, change func(*Spec), argv ...string) (*child, error) {
	t.Helper()
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	// Not os.Pipe: its ends do not block, and a program's should.
	_ = unix.SetNonblock(outR, true) // ours may, for a deadline
	c := &child{t: t, in: os.NewFile(uintptr(inW), "stdin"), raw: os.NewFile(uintptr(outR), "stdout")}
	c.out = bufio.NewReader(c.raw)
	_ = c.raw.SetReadDeadline(time.Now().Add(patience))
	spec := Spec{Launch: handoff.Launch{Argv: argv, Env: os.Environ()}, Stdio: [3]int{inR, outW, 2}, Title: "test"}
	if change != nil {
		change(&spec)
	}
	var err error
	c.Process, err = Start(spec)
	_ = unix.Close(inR)
	_ = unix.Close(outW)
	t.Cleanup(func() {
		c.in.Close()
		c.raw.Close()
	})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		c.Kill()
		c.gone()
	})
	return c, nil
}

// unkept starts a helper without a keeper. Closing its standard input ends one that waits.
func unkept(t testing.TB, name string) (*exec.Cmd, io.Closer) {
	t.Helper()
	argv := helper(name)
	cmd := exec.Command(argv[0], argv[1:]...)
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	testkit.NoError(t, err)
	return cmd, in
}

func pipe(t testing.TB) (r, w int) {
	t.Helper()
	var p [2]int
	testkit.NoError(t, unix.Pipe2(p[:], unix.O_CLOEXEC))
	return p[0], p[1]
}

// line is the next line that the program, or something below it, writes.
func (c *child) line() string {
	c.t.Helper()
	s, err := c.out.ReadString('\n')
	if err != nil {
		c.t.Fatalf("no further line, but %q: %v", s, err)
	}
	return strings.TrimSuffix(s, "\n")
}

// ready reads the lines "NAME PID" of as many helpers, in any order.
func (c *child) ready(names ...string) map[string]int {
	c.t.Helper()
	pids := map[string]int{}
	for range names {
		var name string
		var pid int
		text := c.line()
		if _, err := fmt.Sscan(text, &name, &pid); err != nil || !slices.Contains(names, name) {
			c.t.Fatalf("a line %q, wanted %q", text, names)
		}
		pids[name] = pid
	}
	return pids
}

// census reads what the helper of that name tells.
func census(t *testing.T, c *child) (f facts) {
	t.Helper()
	testkit.NoError(t, json.Unmarshal([]byte(c.line()), &f))
	return f
}

// exit is how the program ended.
func (c *child) exit() Exit {
	c.t.Helper()
	select {
	case e := <-c.Exited():
		return e
	case <-time.After(patience):
		c.t.Fatal("its end was not reported")
		panic("unreachable")
	}
}

func (c *child) gone() {
	c.t.Helper()
	select {
	case <-c.Gone():
	case <-time.After(patience):
		c.t.Fatalf("its tree is not gone: %v", c.Tree())
	}
}

func (c *child) send(sig unix.Signal) {
	c.t.Helper()
	testkit.NoError(c.t, c.Signal(sig))
}

// ended waits until the process is no more, or is a zombie.
func ended(t testing.TB, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // ESRCH
	}
	defer unix.Close(fd)
	if !polled([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}) {
		t.Errorf("process %d still lives", pid)
	}
}

func noneLives(t testing.TB, pids map[string]int) {
	t.Helper()
	for name, pid := range pids {
		if lives(pid) {
			t.Errorf("%s, process %d, still lives", name, pid)
		}
	}
}

// polled waits until something is so of the descriptors. Signals, such as the end of a child, interrupt poll(2).
func polled(fds []unix.PollFd) bool {
	for end := time.Now().Add(patience); ; {
		n, err := unix.Poll(fds, int(max(0, time.Until(end)).Milliseconds()))
		if err != unix.EINTR {
			return n > 0
		}
	}
}

// lives says whether there is such a process and no zombie.
func lives(pid int) bool { return len(living([]int{pid})) == 1 }
