package drain

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

var spun atomic.Int64 // by a program that is always at work

func init() {
	push["stopped"] = func(c net.Conn, _ time.Duration) { // is suspended in the midst of an answer
		io.WriteString(c, head(5))
		runtime.LockOSThread() // only the thread to which the signal is sent stops before its next instruction
		_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP)
		runtime.UnlockOSThread()
		io.WriteString(c, "hello")
	}
	if os.Getenv("DRAIN_TEST_CHILD") == "spin" {
		go func() { serve(); os.Exit(0) }()
		for n := 0; ; n++ {
			spun.Store(int64(n))
		}
	}
}

// starve leaves a process only what other processes leave of one processor, and gives that processor much to
// do.
func starve(t *testing.T, p *program) {
	t.Helper()
	var can, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &can); err != nil {
		t.Fatal(err)
	}
	for cpu := range 1024 {
		if can.IsSet(cpu) {
			one.Set(cpu)
		}
		if one.Count() == 1 {
			break
		}
	}
	pin := func(p *program, nice int) {
		for _, tid := range task.IDs(p.cmd.Process.Pid) {
			if err := unix.Setpriority(unix.PRIO_PROCESS, tid, nice); err != nil && err != unix.ESRCH {
				t.Fatal(err)
			}
			if err := unix.SchedSetaffinity(tid, &one); err != nil && err != unix.ESRCH {
				t.Fatal(err)
			}
		}
	}
	pin(p, 15) // threads to come inherit that
	pin(startAs(t, "spin"), 0)
}

// A large answer is not whole because the program has got no processor to write its next piece.
func TestDownloadOfAProgramWithoutAProcessorIsNotCut(t *testing.T) {
	p := startProgram(t)
	starve(t, p)
	d := underLoad(t, p, p.config(), 4*time.Second, 4, many(4, client{paths: []string{"/big/8"}})...)
	t.Logf("%v; %+v, %v after %v", &d.tally, d.Report, d.err, d.took)
	if d.cut != 0 || d.broken.Load() != 0 {
		t.Errorf("%v; cut %d; %+v, %v", &d.tally, d.cut, d.Report, d.err)
	}
}

// A program that is suspended for longer than any limit ends its answer afterwards.
func TestSuspendedInTheMidstOfAnAnswerIsNotCut(t *testing.T) {
	p := startProgram(t)
	busy := dial(t, p.addr) // keeps Run going, which may find the other one idle before it sends its first request
	go func() { _ = get(busy, "/slow/60000") }()
	until(t, func() bool { return p.count() == 1 })
	c := dial(t, p.addr)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var finished atomic.Int64
	over := make(chan error, 1)
	go func() {
		_, err := New(p.config()).Run(ctx, func(r Report) { finished.Store(int64(r.Finished)) })
		over <- err
	}()
	r := bufio.NewReader(c)
	for finished.Load() < 3 { // the connection is in use, and its answers are known
		if _, err := (client{}).request(c, r, "/fast"); err != nil {
			t.Fatal(err)
		}
	}
	answer := make(chan error, 1)
	go func() { _, err := client{}.request(c, r, "/stopped"); answer <- err }()
	pid := p.cmd.Process.Pid
	until(t, func() bool { return task.State(pid, pid) == 'T' })
	select {
	case err := <-over:
		t.Errorf("the drain ended: %v", err)
	case err := <-answer:
		t.Errorf("the answer ended in its midst: %v", err)
		answer <- nil
	case <-time.After(3 * workRest / 2): // longer than all limits
	}
	_ = unix.Kill(pid, unix.SIGCONT)
	if err := <-answer; err != nil {
		t.Error(err)
	}
}

// Nor does the drain end while a program is suspended in the midst of an answer on a connection that was not
// in use before.
func TestSuspendedInTheMidstOfAnAnswerIsNotIdle(t *testing.T) {
	p := startProgram(t)
	c := dial(t, p.addr)
	answer := make(chan error, 1)
	go func() { answer <- get(c, "/stopped") }()
	pid := p.cmd.Process.Pid
	until(t, func() bool { return task.State(pid, pid) == 'T' })
	_, end := run(t, p.config(), 3*workRest/2) // longer than all limits
	r, err := end()
	if !errors.Is(err, context.Canceled) || r.Closed != 0 {
		t.Errorf("%+v, %v; want the drain to go on to its end", r, err)
	}
	_ = unix.Kill(pid, unix.SIGCONT)
	if err := <-answer; err != nil {
		t.Error(err)
	}
	if r, err := New(p.config()).Run(t.Context(), nil); err != nil || r.Quiet != 1 {
		t.Errorf("%+v, %v; want the connection parked when the answer is whole", r, err)
	}
}

func TestActivity(t *testing.T) {
	p, spinning := startProgram(t), startAs(t, "spin")
	look := func(of *threads, p *program) activity { return of.look(p.cmd.Process.Pid, time.Now()) }
	var of threads
	until(t, func() bool { return look(&of, p) == resting })
	_ = p.cmd.Process.Signal(unix.SIGSTOP)
	until(t, func() bool { return look(&of, p) == waiting })
	_ = p.cmd.Process.Signal(unix.SIGCONT)
	until(t, func() bool { return look(&of, p) == resting })

	of = threads{}
	until(t, func() bool { return look(&of, spinning) == working && of.ran > 0 })
	starve(t, spinning)
	until(t, func() bool { // most of the time it waits
		ran, at := of.ran, of.at
		time.Sleep(5 * time.Millisecond)
		return look(&of, spinning) == working && of.ran-ran < of.at.Sub(at)/2
	})
}

// A connection that takes no output may have more to come, however long its program has slept.
func TestWritable(t *testing.T) {
	e := newEnds(t)
	if !writable(e.fd) {
		t.Error("a new connection takes no output")
	}
	until(t, func() bool { // the client reads nothing
		_ = e.srv.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		n, _ := e.srv.Write(make([]byte, 1<<20))
		return n == 0 && !writable(e.fd)
	})
	if a, _ := (fdControl{fd: e.fd}).activity(); a != waiting {
		t.Errorf("activity %v, want waiting", a)
	}
}
