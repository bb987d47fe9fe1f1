package proc

import (
	"io"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// policies counts the threads of a process by their policy and niceness.
func policies(t *testing.T, pid int) map[[2]int]int {
	t.Helper()
	out := map[[2]int]int{}
	tasks, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		tid, _ := strconv.Atoi(task.Name())
		if a, err := unix.SchedGetAttr(tid, 0); err == nil {
			out[[2]int{int(a.Policy), int(a.Nice)}]++
		}
	}
	return out
}

// A program that is started ahead has its usual priority until it waits, unless the machine
// is under pressure; gives way to others while it waits, with all its threads; and does so no
// more when it is released. The keeper is what it always is.
func TestAheadGivesWay(t *testing.T) {
	usual, err := unix.SchedGetAttr(0, 0)
	if err != nil || usual.Policy != unix.SCHED_NORMAL {
		t.Skipf("the test itself runs with another policy: %v %v", usual, err)
	}
	is := [2]int{unix.SCHED_NORMAL, int(usual.Nice)}
	c := start(t, func(s *Spec) { s.Ahead = true }, "catch")
	c.ready("catch")
	t.Logf("ahead: %v, under pressure: %v", policies(t, c.PID()), pressed("/proc/pressure"))
	order := func(give func() error) map[[2]int]int {
		t.Helper()
		if err := give(); err != nil {
			t.Fatal(err)
		}
		c.send(unix.SIGUSR1) // the keeper takes one order after the other
		c.heard(unix.SIGUSR1, 1)
		return policies(t, c.PID())
	}
	if p := order(c.Rest); len(p) == 0 || p[is] > 0 {
		t.Errorf("waiting: %v", p)
	}
	if p := policies(t, c.keeper); len(p) != 1 || p[is] == 0 {
		t.Errorf("the keeper: %v", p)
	}
	if p := order(c.Release); len(p) != 1 || p[is] == 0 {
		t.Errorf("released: %v", p)
	}
	if p := order(c.Rest); len(p) != 1 || p[is] == 0 {
		t.Errorf("it serves: %v", p)
	}
}

// Nobody waits for what was started ahead when hotswap is killed, and nobody sees
// what it wrote.
func TestAheadEndsWithHotswap(t *testing.T) {
	c, cmd, pids := playHotswap(t, "ahead", "tree", "catch", "ignore-term", "wait")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c.out); err != nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
	for _, pid := range pids {
		ended(t, pid)
	}
}
