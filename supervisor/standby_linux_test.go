package supervisor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
	"golang.org/x/sys/unix"
)

// TestMain is a keeper, or the program that waits, if this process was started to
// be one, and else runs the tests.
func TestMain(m *testing.M) {
	proc.Main()
	if slices.Contains(os.Args, "helper:wait") {
		helperWait()
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	os.Exit(m.Run())
}

const waitAt = "SUPERVISOR_TEST_WAIT_AT"

// helperWait writes a line as a wrapper does, waits where it is told to, if it is,
// and then writes on. It ends when it is told to.
func helperWait() {
	fmt.Println("banner", os.Getenv("HOTSWAP_GENERATION"))
	if path := os.Getenv(waitAt); path != "" {
		f, err := os.Open(path) // both of a FIFO's ends wait for the other
		if err == nil {
			_, err = io.ReadAll(f)
		}
		if err != nil {
			os.Exit(3)
		}
	}
	fmt.Println("program", os.Getenv("HOTSWAP_GENERATION"))
	select {}
}

// gate makes programs wait at a FIFO.
type gate struct{ dir string }

func (gate) Inspect(context.Context, GenID, []string, int, func() []int) (bool, error) {
	return false, nil
}
func (g gate) Prepare(l *handoff.Launch, _ bool) (handoff.Standby, error) {
	path := filepath.Join(g.dir, fmt.Sprint(l.Gen))
	l.Env = append(l.Env, waitAt+"="+path)
	return &fifo{path: path}, unix.Mkfifo(path, 0o600)
}

type fifo struct {
	path string
	end  *os.File
}

// Ready opens the other end, when the program has opened its own.
func (f *fifo) Ready(ctx context.Context) (err error) {
	for ctx.Err() == nil {
		f.end, err = os.OpenFile(f.path, os.O_WRONLY|unix.O_NONBLOCK, 0)
		if !errors.Is(err, unix.ENXIO) {
			return err
		}
		time.Sleep(time.Millisecond) // nothing tells that a FIFO has a reader
	}
	return ctx.Err()
}
func (*fifo) Loaded() (int, []string) { return 0, nil }
func (*fifo) Validate() error         { return nil }
func (*fifo) Learn(error) bool        { return false }
func (f *fifo) Resume() error         { return f.end.Close() }
func (f *fifo) Close() error          { return os.Remove(f.path) }

// screen is where programs write to: a pipe each, of which nothing comes out
// before it may.
type screen struct{ lines chan string }

func (s screen) Open(_ GenID, kept bool, _ func(string)) (run.Streams, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out := &shown{screen: s, r: r, w: w}
	if !kept {
		out.Go()
	}
	return out, nil
}

type shown struct {
	screen
	r, w *os.File
}

func (s *shown) Stdio() [3]int { return [3]int{0, int(s.w.Fd()), 2} }
func (s *shown) Started()      { s.w.Close() }
func (*shown) Flush()          {}
func (*shown) Ending()         {}
func (*shown) Relieved(bool)   {}
func (*shown) Last() []string  { return nil }
func (s *shown) Close()        { s.r.Close() }
func (s *shown) Go() {
	go func() {
		for l := bufio.NewScanner(s.r); l.Scan(); {
			s.lines <- l.Text()
		}
	}()
}

// Real processes: one is started ahead, waits, and is the next generation, with
// what it wrote before; another one is ended with hotswap.
func TestAheadIsAProcess(t *testing.T) {
	out := screen{make(chan string, 100)}
	waits := make(chan GenID, 10)
	s := New(Config{
		Command: []string{"/proc/self/exe", "helper:wait"}, Env: os.Environ(), Registry: reuseport.NewRegistry(nil), Console: out, Warmer: gate{t.TempDir()},
		Policy: Policy{Watching: true, ReadyAtStart: true},
		Notify: func(n report.Notice) {
			if n, ok := n.(report.NoticeStandby); ok {
				waits <- n.Gen
			}
		},
	})
	s.memory.Left = func() (uint64, bool) { return 0, false } // else the machine may have too little for a standby
	ended := make(chan int, 1)
	go func() { ended <- s.Run(t.Context()) }()
	var pids []int
	for gen := GenID(2); gen < 6; gen++ {
		for _, want := range []string{"banner", "program"} {
			if got := <-out.lines; got != fmt.Sprint(want, " ", gen-1) {
				t.Errorf("%q, want that of generation %d", got, gen-1)
			}
		}
		if got := <-waits; got != gen {
			t.Fatalf("standby %d, want %d", got, gen)
		}
		st := s.Current()
		if st.Standby == nil || st.Standby.Memory == 0 || st.Standby.State != report.StandbyWaiting {
			t.Fatalf("%+v", st.Standby)
		}
		pid := st.Standby.PID
		pids = append(pids, pid)
		if children, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err != nil || !strings.Contains(string(children), "helper:wait") {
			t.Errorf("process %d is %q, %v", pid, children, err)
		}
		if gen == 5 {
			break // it goes with hotswap
		}
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
		if now := s.Current(); now.Generations[len(now.Generations)-1].PID != pid {
			t.Errorf("%+v is not process %d", now.Generations, pid)
		}
	}
	if _, err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-ended
	for _, pid := range pids {
		if err := unix.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is left", pid)
		}
	}
	if len(out.lines) > 0 {
		t.Errorf("%q was seen, of a program that never had its time", <-out.lines)
	}
}
