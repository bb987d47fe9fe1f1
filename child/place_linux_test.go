package child

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"golang.org/x/sys/unix"
)

func init() {
	helpers["place"] = helperPlace
	helpers["signal"] = helperSignal
	helpers["idle"] = helperIdle
}

// helperPlace is a server that reports what it is told. The argument is an address.
func helperPlace() int {
	report, err := os.OpenFile(os.Getenv(reportVariable), os.O_WRONLY, 0)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	say := func(text string) { fmt.Fprintf(report, "%d %s\n", Generation(), text) }
	l, err := Listen("tcp", os.Args[1])
	if err != nil {
		say(err.Error())
		return 2
	}
	OnServe(func() { say("serves") })
	OnServe(func() { select {} }) // it holds up nothing
	OnDrain(func(ctx context.Context) {
		say("stops to serve")
		drained := AwaitDrained(ctx)
		select {
		case <-Draining():
			say(fmt.Sprintf("drained %v, for good, %v", drained, context.Cause(ctx)))
		default:
			say(fmt.Sprintf("drained %v, %v", drained, context.Cause(ctx)))
		}
	})
	go Lease(context.Background(), "place", func(ctx context.Context) error {
		say("leads")
		<-ctx.Done()
		say("led, " + context.Cause(ctx).Error())
		return nil
	})
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, Generation()) }))
	return 0
}

// lines are what helpers report, each of a generation.
type lines struct {
	t    *testing.T
	in   *bufio.Scanner
	seen []string
}

// want waits until each of the lines has come, in that order for each generation.
func (l *lines) want(want ...string) {
	l.t.Helper()
	for _, w := range want {
		for !slices.Contains(l.seen, w) {
			if !l.in.Scan() {
				l.t.Fatalf("no %q: %v; so far %q", w, l.in.Err(), l.seen)
			}
			l.seen = append(l.seen, l.in.Text())
		}
		l.seen = slices.DeleteFunc(l.seen, func(s string) bool { return s == w })
	}
}

// none demands that nothing else has come.
func (l *lines) none() {
	l.t.Helper()
	if len(l.seen) > 0 {
		l.t.Errorf("unexpected: %q", l.seen)
	}
}

func beginPlace(t *testing.T, args ...string) (*e2etest.Hotswap, *lines, string) {
	t.Helper()
	address := "127.0.0.1:" + e2etest.FreePort(t)
	h, report := below(t, binary, "place", args, address)
	if f, ok := report.(*os.File); ok {
		_ = f.SetReadDeadline(time.Now().Add(2 * limit))
	}
	h.Serving(1)
	return h, &lines{t: t, in: bufio.NewScanner(report)}, address
}

// A swap: the lease goes to the new generation, and hotswap waits for what the old one does at its end.
func TestPlaceThroughASwap(t *testing.T) {
	h, l, _ := beginPlace(t, "--probation", "100ms")
	l.want("1 serves", "1 leads")
	_ = h.Cmd.Process.Signal(syscall.SIGHUP)
	h.Serving(2)
	l.want("2 serves", "2 leads", "1 stops to serve", "1 led, the lease was asked back", "1 drained true, for good, <nil>")
	l.none()
	if ended := h.Drained(1); ended.Killed {
		t.Error("generation 1 had to be killed")
	}
}

// A rollback in the probation: the old generation serves again, and has its lease back.
func TestPlaceThroughARollback(t *testing.T) {
	h, l, address := beginPlace(t, "--probation", "60s")
	l.want("1 serves", "1 leads")
	_ = h.Cmd.Process.Signal(syscall.SIGHUP)
	h.Serving(2)
	l.want("1 stops to serve", "1 led, the lease was asked back", "2 serves", "2 leads")
	path, _ := binary()
	rollback := exec.Command(path, "rollback", "--pid", fmt.Sprint(h.Cmd.Process.Pid))
	rollback.Env = h.Cmd.Env // where its hotswap is found
	if out, err := rollback.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l.want("1 drained false, the generation serves again", "1 serves", "1 leads", "2 stops to serve", "2 led, the lease was asked back")
	res, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); string(b) != "1" {
		t.Errorf("generation %s serves", b)
	}
}

// helperSignal drains at a signal. The argument says which part of the program ends last.
func helperSignal() int {
	DrainOnSignal()
	told := make(chan struct{})
	OnDrain(func(ctx context.Context) {
		fmt.Println("stops to serve", ctx.Err())
		close(told)
	})
	if !Serving() {
		return 2
	}
	leads := make(chan struct{})
	led := make(chan struct{})
	go Lease(context.Background(), "a", func(ctx context.Context) error {
		close(leads)
		<-ctx.Done()
		fmt.Println("led:", context.Cause(ctx))
		close(led)
		return nil
	})
	<-leads
	fmt.Println("runs")
	<-Draining()
	<-led
	fmt.Println("drains", Serving())
	<-told
	if os.Args[1] == "stuck" {
		select {}
	}
	return 0
}

// Without hotswap a signal drains, and a second one ends the process.
func TestDrainOnSignal(t *testing.T) {
	for _, how := range []string{"ends", "stuck"} {
		t.Run(how, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], how)
			cmd.Env = append(os.Environ(), helperVariable+"=signal")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			end := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
			defer end.Stop()
			l := &lines{t: t, in: bufio.NewScanner(out)}
			l.want("runs")
			_ = cmd.Process.Signal(syscall.SIGTERM)
			l.want("led: the lease was asked back", "drains false", "stops to serve <nil>")
			if how == "stuck" {
				_ = cmd.Process.Signal(syscall.SIGTERM)
			}
			err = cmd.Wait()
			if how == "ends" && err != nil || how == "stuck" && (err == nil || !strings.Contains(err.Error(), "terminated")) {
				t.Error(err)
			}
		})
	}
}

// Where hotswap has gone, or turns this process away, the error says so.
func TestGone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "socket")
	c := newClient(path)
	if _, err := c.get(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), ErrGone.Error()) {
		t.Error(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	go func() { // one that turns everybody away
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	if _, err := c.get(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), ErrGone.Error()) {
		t.Error(err)
	}
	l.Close()
}

// helperIdle says how many goroutines and descriptors there are before and after what needs no hotswap.
func helperIdle() int {
	count := func() string {
		fds, _ := os.ReadDir("/proc/self/fd")
		return fmt.Sprintf("%d goroutines, %d descriptors", runtime.NumGoroutine(), len(fds))
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0") // opens what package net needs itself
	if err != nil {
		return 2
	}
	l.Close()
	fmt.Println(count())
	_ = Generation()
	_ = Inherited()
	_ = Local("idle", func() int { return 1 })
	if l, err = Listen("tcp4", "127.0.0.1:0"); err != nil {
		return 2
	}
	l.Close()
	if os.Getenv(socketVariable) == "" { // state in memory costs none either
		if _, err := Add(context.Background(), "idle", 1); err != nil || !Serving() {
			return 2
		}
		OnDrain(func(context.Context) {})
	}
	fmt.Println(count())
	return 0
}

// A program that does not use hotswap does not pay.
func TestIdle(t *testing.T) {
	for _, socket := range []string{"", "/nonexistent"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), helperVariable+"=idle", socketVariable+"="+socket)
		out, err := cmd.CombinedOutput()
		before, after, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		if err != nil || before != after || before == "" {
			t.Errorf("with socket %q: %q, then %q: %v", socket, before, after, err)
		}
	}
}

// readable waits until a descriptor is readable, as that of a process is when it has ended. Signals, which the
// runtime itself sends, interrupt poll(2).
func readable(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for end := time.Now().Add(limit); ; {
		n, err := unix.Poll(fds, int(max(0, time.Until(end)).Milliseconds()))
		if err != unix.EINTR {
			return n == 1
		}
	}
}

// An upgrade of hotswap: the connection moves, and the program notices only its swap.
func TestPlaceThroughAnUpgrade(t *testing.T) {
	h, l, address := beginPlace(t, "--probation", "100ms")
	l.want("1 serves", "1 leads")
	_ = h.Cmd.Process.Signal(syscall.SIGUSR2)
	upgraded := h.Wait("upgraded", func(l e2etest.Line) bool { return l.Event == "upgraded" })
	next, err := unix.PidfdOpen(upgraded.PID, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = unix.PidfdSendSignal(next, unix.SIGQUIT, nil, 0)
		if !readable(next) {
			t.Error("the hotswap that took over does not end")
		}
		_ = unix.Close(next)
	})
	l.want("1 stops to serve", "1 led, the lease was asked back", "1 drained true, for good, <nil>", "2 serves", "2 leads")
	l.none()
	h.Exit() // the first hotswap has ended with its generation
	res, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); string(b) != "2" {
		t.Errorf("generation %s serves", b)
	}
}
