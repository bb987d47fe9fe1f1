//go:build linux

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// limitPoints are about a machine that has no more of something.
func limitPoints() []point {
	return []point{
		{step: "each", victim: theBoss, fault: "EMFILE at each descriptor", run: noDescriptors},
		{step: "starting", victim: theBoss, fault: "EAGAIN: no more processes", run: noProcesses},
		{step: "each", victim: theBoss, fault: "ENOSPC: the disk of its record is full", run: noSpace},
	}
}

// noDescriptors lets hotswap have k descriptors more than it has, from none to as
// many as a swap needs: so the limit is met at each of its steps. A swap then
// happens or fails with a line.
func noDescriptors(t *testing.T) *result {
	s := begin(t, setting{args: []string{"--ready-timeout", "10s"}})
	pid := s.h.Cmd.Process.Pid
	var was unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &was); err != nil {
		t.Fatal(err)
	}
	done, failed := 0, 0
	for k := range 16 {
		old := s.settled()
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: room(t, pid, k), Max: was.Max}, nil); err != nil {
			t.Fatal(err)
		}
		seen := len(s.h.Lines())
		s.swap()
		l := s.h.After(seen, "what became of a swap", func(l e2etest.Line) bool {
			return l.Event == "serving" || l.Event == "failed"
		})
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &was, nil); err != nil {
			t.Fatal(err)
		}
		switch l.Event {
		case "failed":
			failed++
			if l.Next != "keeps" {
				t.Errorf("%+v", l)
			}
		default:
			done++
			s.h.Drained(old)
		}
	}
	if failed == 0 || done == 0 {
		t.Errorf("%d swaps failed and %d happened: the limit was not met at each step", failed, done)
	}
	s.swapsAgain()
	s.leaves()
	return s.result
}

// room is a limit that leaves a process k free descriptor numbers: it is on
// numbers, not on their count, and the lowest free one is given (open(2)).
func room(t *testing.T, pid, k int) uint64 {
	t.Helper()
	used := map[int]bool{}
	for _, line := range descriptors(t, pid) {
		var fd int
		if _, err := fmt.Sscan(line, &fd); err == nil {
			used[fd] = true
		}
	}
	limit := 0
	for free := 0; ; limit++ {
		if !used[limit] {
			if free == k {
				return uint64(limit)
			}
			free++
		}
	}
}

// poor is a user who has no other processes.
const poor = 54321

// noProcesses: fork fails with EAGAIN (fork(2)), as where memory is short.
func noProcesses(t *testing.T) *result {
	if os.Getuid() != 0 {
		t.Skip("needs root, to run hotswap as a user with a process limit of its own")
	}
	s := prepare(t, setting{as: &syscall.Credential{Uid: poor, Gid: poor}}, testkit.FreePort(t))
	s.program = s.link(s.program) // where it is built, only we may look
	s.start()
	s.underLoad(1)
	// A Go program keeps the threads that it has had: with some that rest, hotswap needs
	// no more of them while it may have none.
	s.swap()
	s.h.Drained(1)
	tasks := 0
	for _, p := range processes(s.requests) {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.pid))
		tasks += len(threads)
	}
	s.limitProcesses(uint64(tasks))
	s.swap()
	if l := s.h.Wait("failed", e2etest.Of("failed", 3)); l.Next != "keeps" {
		t.Errorf("%+v", l)
	}
	// At once: a Go program that needs one more thread while it may not have one
	// is ended by its own runtime, and hotswap is no exception.
	s.limitProcesses(unix.RLIM_INFINITY)
	s.swapsAgain()
	s.leaves()
	return s.result
}

// envLimit is PID:LIMIT for the process that sets it.
const envLimit = "FAULTS_LIMIT"

// limitProcesses sets the soft limit of hotswap, by a process of the same user:
// another's may need a capability that not every container has (prlimit(2)).
func (s *scene) limitProcesses(n uint64) {
	s.Helper()
	cmd := exec.Command(s.program)
	cmd.Env = []string{fmt.Sprintf("%s=%d:%d", envLimit, s.h.Cmd.Process.Pid, n)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("limit: %v\n%s", err, out)
	}
}

// limiter is that process.
func limiter() {
	var pid int
	var l unix.Rlimit
	if n, _ := fmt.Sscanf(os.Getenv(envLimit), "%d:%d", &pid, &l.Cur); n != 2 {
		return
	}
	var was unix.Rlimit
	err := unix.Prlimit(pid, unix.RLIMIT_NPROC, nil, &was)
	if err == nil {
		l.Cur, l.Max = min(l.Cur, was.Max), was.Max
		err = unix.Prlimit(pid, unix.RLIMIT_NPROC, &l, nil)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// envDisk is a folder on which the process that finds it mounts a full disk, for
// itself and what it then executes.
const envDisk = "FAULTS_DISK"

// noSpace: what runs cannot be written down, and that is all.
func noSpace(t *testing.T) *result {
	if os.Getuid() != 0 {
		t.Skip("needs root, to mount a full disk")
	}
	s := prepare(t, setting{}, testkit.FreePort(t))
	run := filepath.Join(s.dir, "run")
	s.env = append(s.env, envDisk+"="+run)
	s.wrap, s.binary = []string{s.binary}, s.program
	s.start()
	s.underLoad(1)
	told := s.h.Wait("the record", func(l e2etest.Line) bool { return strings.Contains(l.Error+l.Message, syscall.ENOSPC.Error()) })
	t.Logf("%+v", told)
	for range 2 {
		s.swapsAgain()
	}
	s.leaves()
	return s.result
}

// fullDisk mounts it and becomes the program in its arguments.
func fullDisk() {
	dir := os.Getenv(envDisk)
	if dir == "" || len(os.Args) < 2 || os.Args[1] == "" || os.Args[1][0] != '/' {
		return
	}
	_ = os.Unsetenv(envDisk)
	runtime.LockOSThread() // the namespace is the thread's, and exec(2) keeps it
	err := unix.Unshare(unix.CLONE_NEWNS)
	if err == nil {
		err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	}
	if err == nil {
		err = unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4096,mode=0700")
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "full"), make([]byte, 4096), 0o600)
	}
	if err == nil {
		err = unix.Exec(os.Args[1], os.Args[1:], os.Environ())
	}
	fmt.Println("full disk:", err)
	os.Exit(1)
}
