package debugged

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// busyEnv makes the test's binary a process that enters the kernel all the time.
const busyEnv = "DEBUGGED_TEST_BUSY"

// The tracers of this test trace the first thread only, so the loop must not move to another. While
// packages are initialized the main goroutine has that thread.
func init() {
	if os.Getenv(busyEnv) != "" {
		runtime.LockOSThread()
	}
}

func TestMain(m *testing.M) {
	if os.Getenv(busyEnv) != "" {
		fmt.Println("up")
		for {
			unix.Getppid()
		}
	}
	os.Exit(m.Run())
}

// tracee starts a process for this test to trace.
func tracee(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), busyEnv+"=1", "GOMAXPROCS=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// attach stops a process as gdb and delve do. The calling goroutine must keep its thread.
func attach(t *testing.T, pid int) {
	t.Helper()
	if err := unix.PtraceAttach(pid); err == unix.EPERM {
		t.Skip("ptrace is forbidden here")
	} else if err != nil {
		t.Fatal(err)
	}
	waitStop(t, pid)
}

func waitStop(t *testing.T, pid int) {
	t.Helper()
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil || !status.Stopped() {
		t.Fatal(status, err)
	}
}

func TestAProcessThatATracerHasStopped(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid := tracee(t)
	if s := Find(t.Context(), []int{pid}, nil); s != nil {
		t.Fatal("nobody traces it")
	}
	attach(t, pid)
	s := Find(t.Context(), []int{os.Getpid(), pid}, nil)
	if s == nil || s.PID != pid {
		t.Fatalf("found %+v", s)
	}
	over := make(chan struct{})
	go func() { s.Wait(context.Background()); close(over) }()
	if err := unix.PtraceDetach(pid); err != nil {
		t.Fatal(err)
	}
	<-over
	if s := Find(t.Context(), []int{pid}, nil); s != nil {
		t.Error("nobody traces it any more")
	}
}

// A stop by a signal is no debugger's.
func TestAProcessThatASignalHasStopped(t *testing.T) {
	pid := tracee(t)
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, pid, &info, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if s := Find(t.Context(), []int{pid}, nil); s != nil {
		t.Error("it is found")
	}
}

// strace stops a process at each system call, for moments.
func TestAProcessBelowStrace(t *testing.T) {
	pid := tracee(t)
	stop, ended := make(chan struct{}), make(chan struct{})
	begun := make(chan bool, 1)
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and never unlocked
		if err := unix.PtraceAttach(pid); err != nil {
			begun <- false
			return
		}
		for first := true; ; first = false {
			var status unix.WaitStatus
			if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil || !status.Stopped() {
				return
			}
			if first {
				begun <- true
			}
			select {
			case <-stop:
				_ = unix.PtraceDetach(pid)
				return
			default:
			}
			sig := 0
			if s := status.StopSignal(); s != syscall.SIGTRAP && s != syscall.SIGSTOP {
				sig = int(s)
			}
			_ = unix.PtraceSyscall(pid, sig)
		}
	}()
	if !<-begun {
		t.Skip("ptrace is forbidden here")
	}
	seen := 0
	for range 300 {
		if _, stopped := tracedStop(pid); stopped {
			seen++
		}
		if s := Find(t.Context(), []int{pid}, nil); s != nil {
			t.Error("it counts as stopped")
		}
	}
	t.Logf("%d of 300 looks found it in a stop", seen)
	close(stop)
	<-ended
}

func BenchmarkFindWithoutADebugger(b *testing.B) {
	for b.Loop() {
		Find(b.Context(), []int{os.Getpid(), os.Getppid()}, nil)
	}
}
