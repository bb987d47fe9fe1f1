package proc

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const testMarker = "HOTSWAP_RUN=feedfacefeedface"

// bare runs a helper without a keeper, in a session of its own, and returns the
// process ids that it says, by its names.
func bare(t *testing.T, env []string, names []string, helperName string, args ...string) (*exec.Cmd, map[string]int) {
	t.Helper()
	argv := helper(helperName, args...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	pids := map[string]int{}
	t.Cleanup(func() {
		in.Close()
		out.Close()
		for _, pid := range pids {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		_ = cmd.Wait()
	})
	_ = out.SetReadDeadline(time.Now().Add(patience))
	for s := bufio.NewScanner(out); len(pids) < len(names) && s.Scan(); {
		var name string
		var pid int
		if n, _ := fmt.Sscan(s.Text(), &name, &pid); n == 2 && slices.Contains(names, name) {
			pids[name] = pid
		}
	}
	if len(pids) != len(names) {
		t.Fatalf("only %v", pids)
	}
	return cmd, pids
}

// What has the marker is ended, and what is named; nothing else, whatever
// number it has.
func TestEndLeftovers(t *testing.T) {
	_, tree := bare(t, []string{testMarker}, []string{"catch", "ignore-term", "wait"}, "tree")
	_, foreign := bare(t, []string{testMarker + "0"}, []string{"wait"}, "wait")
	_, mentions := bare(t, []string{"X=" + testMarker}, []string{"catch"}, "catch")
	named, ok := Identify(tree["ignore-term"]) // its environment is empty and its parent gone
	if !ok {
		t.Fatal("it has ended")
	}
	reused, _ := Identify(foreign["wait"])
	reused.Start--
	if n, ok := EndLeftovers(testMarker, []Identity{named, reused}); n != 3 || !ok {
		t.Errorf("%d ended (%v), want 3", n, ok)
	}
	for name, pid := range tree {
		if lives(pid) {
			t.Errorf("%s is left", name)
		}
	}
	if !lives(foreign["wait"]) || !lives(mentions["catch"]) {
		t.Error("another's process was ended")
	}
	if n, ok := EndLeftovers(testMarker, []Identity{named, reused}); n != 0 || !ok {
		t.Errorf("%d ended of none (%v)", n, ok)
	}
}

// A keeper that lives on has a hotswap that does, whatever was written down.
func TestLeftoversOfTheLiving(t *testing.T) {
	defer func(d time.Duration) { keepersWithin = d }(keepersWithin)
	keepersWithin = 50 * time.Millisecond
	c := start(t, func(s *Spec) { s.Env = append(s.Env, testMarker) }, "catch")
	c.ready("catch")
	if n, ok := EndLeftovers(testMarker, nil); n != 0 || ok {
		t.Errorf("%d ended (%v)", n, ok)
	}
	if !lives(c.PID()) {
		t.Error("it was ended")
	}
	if err := c.Kill(); err != nil {
		t.Error(err)
	}
	c.gone()
}

// A process that holds the marker and is one of those above this one, or this
// one itself, is spared.
func TestLeftoversSpareTheirLineage(t *testing.T) {
	spared := lineage()
	for _, pid := range []int{os.Getpid(), os.Getppid()} {
		if pid > 1 && !spared[pid] {
			t.Errorf("%d is not spared: %v", pid, spared)
		}
	}
	self, _ := Identify(os.Getpid())
	l := leftovers{roots: []Identity{self}, spared: spared, found: map[Identity]bool{}}
	l.look()
	if l.found[self] {
		t.Error("it would end itself")
	}
}

// A pidfd and the start time keep a signal from a process that has the number of
// one that has ended.
func TestSignalOfAReusedNumber(t *testing.T) {
	cmd, pids := bare(t, nil, []string{"catch"}, "catch")
	id, ok := Identify(pids["catch"])
	if !ok || id.PID != cmd.Process.Pid {
		t.Fatalf("%+v", id)
	}
	id.Start--
	if err := id.Signal(unix.SIGKILL); err != unix.ESRCH {
		t.Errorf("%v", err)
	}
	if !lives(id.PID) {
		t.Error("it was killed")
	}
	id.Start++
	if err := id.Signal(unix.SIGKILL); err != nil {
		t.Errorf("%v", err)
	}
	_ = cmd.Wait()
	if id.Alive() {
		t.Error("it lives")
	}
}

// Where foreign processes may be our children, as those of process 1 are, a
// killed keeper's are told by the marker.
func TestKilledKeeperWhereOthersAreChildrenToo(t *testing.T) {
	_, foreign := bare(t, nil, []string{"wait"}, "wait") // a child of ours in a session of its own
	BecomeSubreaper(testMarker)
	defer func() {
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
		keepers.mu.Lock()
		defer keepers.mu.Unlock()
		keepers.crowded, keepers.marker = false, ""
	}()
	victim := start(t, func(s *Spec) { s.Env = append(s.Env, testMarker) }, "leave-marked")
	pids := victim.ready("ignore-term")
	if e := victim.exit(); e.Left != 1 {
		t.Fatalf("%+v", e)
	}
	if err := unix.Kill(victim.keeper, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	victim.gone()
	if lives(pids["ignore-term"]) {
		t.Error("the stray is left")
	}
	if !lives(foreign["wait"]) {
		t.Error("another's child was killed")
	}
}
