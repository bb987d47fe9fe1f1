package proc

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// newMarker returns a marker that no other test has, on this machine or in this
// process: what the test before has killed may still be there.
func newMarker() string {
	return fmt.Sprintf("HOTSWAP_RUN=%08x%08x", markers.Add(1), os.Getpid())
}

var markers atomic.Uint32

// bare runs a helper without a keeper, in a session of its own, and returns the
// process ids that it says, by its names.
func bare(t *testing.T, env []string, names []string, helperName string, args ...string) (*exec.Cmd, map[string]int) {
	t.Helper()
	argv := helper(helperName, args...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in := testkit.Must(cmd.StdinPipe())(t)
	out, w, err := os.Pipe()
	testkit.NoError(t, err)
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	testkit.NoError(t, cmd.Start())
	w.Close()
	pids := map[string]int{}
	t.Cleanup(func() {
		in.Close()
		out.Close()
		for _, pid := range pids {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		cmd.Wait()
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

// since is a time before whatever this test starts.
func since(t *testing.T) uint64 {
	t.Helper()
	self, ok := Identify(os.Getpid())
	if !ok {
		t.Fatal("this process has no start time")
	}
	return self.Start
}

// What has the marker is ended, and what is named; nothing else, whatever
// number it has. That a process says in its environment to be a keeper makes it none.
func TestEndLeftovers(t *testing.T) {
	marker := newMarker()
	_, tree := bare(t, []string{marker, keeperEnv + "=1"}, []string{"catch", "ignore-term", "wait"}, "tree")
	_, foreign := bare(t, []string{marker + "0"}, []string{"wait"}, "wait")
	_, mentions := bare(t, []string{"X=" + marker}, []string{"catch"}, "catch")
	named, ok := Identify(tree["ignore-term"]) // its environment is empty and its parent gone
	if !ok {
		t.Fatal("it has ended")
	}
	reused, _ := Identify(foreign["wait"])
	reused.Start--
	run := Leftovers{Marker: marker, Since: since(t), Roots: []Identity{named, reused}, Keepers: []Identity{reused}}
	if o := EndLeftovers(run); fmt.Sprint(o) != fmt.Sprint(Outcome{Ended: 3}) {
		t.Errorf("%+v, want 3 ended", o)
	}
	noneLives(t, tree)
	if !lives(foreign["wait"]) || !lives(mentions["catch"]) {
		t.Error("another's process was ended")
	}
	if o := EndLeftovers(run); fmt.Sprint(o) != fmt.Sprint(Outcome{}) {
		t.Errorf("ended of none: %+v", o)
	}
}

// Whoever has copied an environment has the marker too. What began before the run's
// hotswap is none of it; nor is, where it is not known when that was, anything.
func TestMarkerOfWhatWasThereBefore(t *testing.T) {
	marker := newMarker()
	_, copied := bare(t, []string{marker}, []string{"wait"}, "wait")
	id, ok := Identify(copied["wait"])
	if !ok {
		t.Fatal("it has ended")
	}
	for _, since := range []uint64{id.Start + 1, 0} {
		if o := EndLeftovers(Leftovers{Marker: marker, Since: since}); fmt.Sprint(o) != fmt.Sprint(Outcome{}) ||
			!id.Alive() {
			t.Errorf("since %d: %+v", since, o)
		}
	}
	if o := EndLeftovers(Leftovers{Marker: marker, Since: id.Start}); fmt.Sprint(o) != fmt.Sprint(Outcome{Ended: 1}) ||
		id.Alive() {
		t.Errorf("what began with it: %+v", o)
	}
}

// A container's processes are seen from outside of it, and none of a hotswap's there.
func TestMarkerInAnotherPIDNamespace(t *testing.T) {
	marker := newMarker()
	if os.Geteuid() != 0 {
		t.Skip("a pid namespace takes root")
	}
	argv := helper("wait")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), marker)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	wait := sync.OnceFunc(func() { _ = cmd.Wait() })
	defer wait()
	defer in.Close()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "wait 1\n" {
		t.Fatalf("%q %v", line, err)
	}
	run := Leftovers{Marker: marker, Since: since(t)}
	if o := EndLeftovers(run); fmt.Sprint(o) != fmt.Sprint(Outcome{}) || !lives(cmd.Process.Pid) {
		t.Errorf("%+v; the container's process lives: %t", o, lives(cmd.Process.Pid))
	}
	// What was a generation's first process is the run's, wherever it lives.
	id, _ := Identify(cmd.Process.Pid)
	run.Roots = []Identity{id}
	go wait()
	if o := EndLeftovers(run); fmt.Sprint(o) != fmt.Sprint(Outcome{Ended: 1}) {
		t.Errorf("%+v", o)
	}
}

// A keeper that lives on has a hotswap that does, whatever was written down.
func TestLeftoversOfTheLiving(t *testing.T) {
	marker := newMarker()
	defer func(d time.Duration) { keepersWithin = d }(keepersWithin)
	keepersWithin = 50 * time.Millisecond
	c := start(t, func(s *Spec) { s.Env = append(s.Env, marker) }, "catch")
	c.ready("catch")
	var keeper []Identity
	for _, k := range Keepers() {
		if k.PID == c.keeper.pid && k.Alive() {
			keeper = append(keeper, k)
		}
	}
	if len(keeper) != 1 {
		t.Fatalf("%d is not among the keepers: %v", c.keeper.pid, Keepers())
	}
	o := EndLeftovers(Leftovers{Marker: marker, Since: since(t), Keepers: keeper})
	if fmt.Sprint(o) != fmt.Sprint(Outcome{Keepers: keeper}) {
		t.Errorf("%+v", o)
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
	self, _ := Identify(os.Getpid())
	s := sweep{Leftovers: Leftovers{Roots: []Identity{self}}, spared: lineage(), found: map[Identity]bool{}}
	for _, pid := range []int{os.Getpid(), os.Getppid()} {
		if pid > 1 && !slices.Contains(s.spared, pid) {
			t.Errorf("%d is not spared: %v", pid, s.spared)
		}
	}
	s.find()
	if s.found[self] {
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
	for _, pid := range []int{0, -1} {
		if err := signalIf(func() bool { return true }, pid, unix.SIGCONT); err != unix.ESRCH {
			t.Errorf("a process group: %v", err)
		}
	}
	if err := id.Signal(unix.SIGKILL); err != nil {
		t.Errorf("%v", err)
	}
	id.Wait(t.Context()) // and leaves it to who waits for it
	cmd.Wait()
	if id.Alive() {
		t.Error("it lives")
	}
}

// Where foreign processes may be our children, as those of process 1 are, a
// killed keeper's are told by the marker.
func TestKilledKeeperWhereOthersAreChildrenToo(t *testing.T) {
	marker := newMarker()
	_, foreign := bare(t, nil, []string{"wait"}, "wait") // a child of ours in a session of its own
	BecomeSubreaper(marker)
	defer func() {
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
		keepers.mu.Lock()
		defer keepers.mu.Unlock()
		keepers.marker = ""
	}()
	victim := start(t, func(s *Spec) { s.Env = append(s.Env, marker) }, "leave-marked")
	pids := victim.ready("ignore-term")
	if e := victim.exit(); e.Left != 1 {
		t.Fatalf("%+v", e)
	}
	testkit.NoError(t, unix.Kill(victim.keeper.pid, unix.SIGKILL))
	victim.gone()
	if lives(pids["ignore-term"]) {
		t.Error("the stray is left")
	}
	if !lives(foreign["wait"]) {
		t.Error("another's child was killed")
	}
}
