package listenfds

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

const self = "/proc/self/exe"

// TestMain is a keeper, a shim or the helper, if this process was started to
// be one, and else runs the tests.
func TestMain(m *testing.M) {
	proc.Main()
	if len(os.Args) > 1 && os.Args[1] == "helper:accept" {
		helperAccept(os.Args[2:])
		os.Exit(0)
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
	os.Exit(m.Run())
}

// accept says what it was passed, and then accepts on the descriptors that args
// number, one after the other, and answers each client with the number.
func helperAccept(args []string) {
	fmt.Println(os.Getpid(), os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES"), os.Getenv("LISTEN_FDS_FIRST_FD"))
	for _, arg := range args {
		fd, err := strconv.Atoi(arg)
		if err != nil {
			fmt.Println(err)
			return
		}
		l, err := net.FileListener(os.NewFile(uintptr(fd), "passed"))
		if err != nil {
			fmt.Println(err)
			return
		}
		c, err := l.Accept()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Fprintln(c, fd)
		c.Close()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// declared is a registry with endpoints that nobody else has.
func declared(t *testing.T, n int) (*reuseport.Registry, []handoff.Endpoint) {
	t.Helper()
	r := reuseport.NewRegistry(sockets.System{})
	t.Cleanup(func() { r.Close() })
	var out []handoff.Endpoint
	for range n {
		e := handoff.Endpoint{Network: "tcp4", Addr: testkit.FreeAddress(t, "127.0.0.1")}
		testkit.NoError(t, r.Declare(e, 0))
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b handoff.Endpoint) int { return a.Addr.Compare(b.Addr) })
	return r, out
}

// all passes each of them.
func all(endpoints []handoff.Endpoint) (passed []Passed) {
	for _, e := range endpoints {
		passed = append(passed, Passed{Endpoint: e})
	}
	return passed
}

// program starts the helper as the supervisor would.
func program(t *testing.T, l *handoff.Launch, args ...string) (*proc.Process, *bufio.Reader) {
	t.Helper()
	var in, out [2]int
	for _, p := range []*[2]int{&in, &out} {
		testkit.NoError(t, unix.Pipe2(p[:], unix.O_CLOEXEC))
	}
	_ = unix.SetNonblock(out[0], true)
	r := os.NewFile(uintptr(out[0]), "stdout")
	_ = r.SetReadDeadline(time.Now().Add(testkit.Patience))
	spec := proc.Spec{
		Argv: append([]string{self, "helper:accept"}, args...), Env: l.Env, ListenPID: l.ListenPID,
		Stdio: [3]int{in[0], out[1], 2}, Title: "test", Files: l.Files,
	}
	p, err := proc.Start(spec)
	_ = unix.Close(in[0])
	_ = unix.Close(out[1])
	testkit.NoError(t, err)
	t.Cleanup(func() {
		_ = p.Kill()
		<-p.Gone()
		_ = unix.Close(in[1])
		r.Close()
	})
	return p, bufio.NewReader(r)
}

func served(context.Context, handoff.GenID, handoff.Endpoint) error { return nil }

// As systemd does it, whatever the last generation has set on the same socket.
func TestPassedSocketsBlock(t *testing.T) {
	r, endpoints := declared(t, 1)
	transport := New(r, all(endpoints), served)
	for gen := handoff.GenID(1); gen <= 2; gen++ {
		l := &handoff.Launch{Gen: gen}
		testkit.Must(transport.Prepare(l))(t)
		fd := l.Files[0].FD
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
			t.Errorf("generation %d: flags %#x, %v", gen, flags, err)
		}
		_ = unix.SetNonblock(fd, true)
		r.GenerationEnded(gen)
	}
}

func TestProgramFindsItsSockets(t *testing.T) {
	r, endpoints := declared(t, 2)
	l := &handoff.Launch{Gen: 1, Env: append(os.Environ(), "LISTEN_PID=1", "LISTEN_FDS=9")}
	passed := all(endpoints)
	passed[1].Name = "second"
	testkit.Must(New(r, passed, served).Prepare(l))(t)
	p, out := program(t, l, "3", "200", "4", "201")
	line, err := out.ReadString('\n')
	if want := fmt.Sprintln(p.PID(), p.PID(), 2, "unknown:second", 200); line != want || err != nil {
		t.Errorf("%q, want %q: %v", line, want, err)
	}
	for i, want := range []string{"3", "200", "4", "201"} {
		c := testkit.Must(net.DialTimeout("tcp4", endpoints[i/2].Addr.String(), testkit.Patience))(t)
		_ = c.SetDeadline(time.Now().Add(testkit.Patience))
		got, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%v: %q, want %s: %v", endpoints[i/2], got, want, err)
		}
		c.Close()
	}
}

// What is no TCP listener is passed as it is, at its own place.
func TestPassedAsItIs(t *testing.T) {
	r, endpoints := declared(t, 1)
	pair := testkit.Must(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))(t)
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	for gen := handoff.GenID(1); gen <= 2; gen++ {
		l := &handoff.Launch{Gen: gen}
		testkit.Must(New(r, []Passed{{Name: "run", FD: pair[0]}, {Endpoint: endpoints[0]}}, served).Prepare(l))(t)
		if len(l.Files) != 4 || l.Files[0] != (handoff.Inherit{FD: pair[0], At: First}) || l.Files[2].At != First+1 || l.Files[2].FD == pair[0] {
			t.Errorf("%+v", l.Files)
		}
	}
}

// Each endpoint is reported when the probe says so; the errors of the others
// are told at the end, unless the generation has ended.
func TestSessionReportsWhatIsServed(t *testing.T) {
	r, endpoints := declared(t, 3)
	broken := errors.New("broken")
	probe := func(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) error {
		switch {
		case gen != 7:
			return fmt.Errorf("asked for generation %d", gen)
		case e == endpoints[0]:
			return nil
		case e == endpoints[1]:
			return broken
		}
		<-ctx.Done()
		return ctx.Err()
	}
	session := testkit.Must(New(r, all(endpoints), probe).Prepare(&handoff.Launch{Gen: 7}))(t)
	ctx, cancel := context.WithCancel(context.Background())
	events, ran := make(chan handoff.Event, 3), make(chan error, 1)
	go func() { ran <- session.Run(ctx, handoff.Running{}, func(e handoff.Event) { events <- e }) }()
	if got, want := <-events, (handoff.Listening{Gen: 7, Endpoint: endpoints[0]}); got != want {
		t.Errorf("%#v, want %#v", got, want)
	}
	cancel()
	if err := <-ran; err != nil && !errors.Is(err, broken) {
		t.Errorf("%v", err) // broken, unless it came after the end
	}
	if len(events) != 0 {
		t.Errorf("told %#v", <-events)
	}
}

// A program that uses one of its sockets and closes the other is seen well.
func TestClosedSocketIsNoError(t *testing.T) {
	r, endpoints := declared(t, 2)
	probe := func(_ context.Context, _ handoff.GenID, e handoff.Endpoint) error {
		if e == endpoints[0] {
			return reuseport.ErrListenerClosed
		}
		return nil
	}
	session := testkit.Must(New(r, all(endpoints), probe).Prepare(&handoff.Launch{Gen: 7}))(t)
	var told []handoff.Event
	if err := session.Run(t.Context(), handoff.Running{}, func(e handoff.Event) { told = append(told, e) }); err != nil {
		t.Error(err)
	}
	if want := (handoff.Listening{Gen: 7, Endpoint: endpoints[1]}); len(told) != 1 || told[0] != want {
		t.Errorf("told %#v", told)
	}
}

// Of a program that was started ahead nothing is asked before its time.
func TestNothingIsAskedAhead(t *testing.T) {
	r, endpoints := declared(t, 1)
	probe := func(context.Context, handoff.GenID, handoff.Endpoint) error {
		t.Error("it was asked")
		return nil
	}
	session := testkit.Must(New(r, all(endpoints), probe).Prepare(&handoff.Launch{Gen: 7}))(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := session.Run(ctx, handoff.Running{Released: make(chan struct{})}, func(handoff.Event) {}); err != nil {
		t.Error(err)
	}
}
