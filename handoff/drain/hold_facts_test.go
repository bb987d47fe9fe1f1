//go:build linux

package drain

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// poller is an epoll instance with one socket, as an event loop has it.
type poller struct {
	t  *testing.T
	fd int
}

func newPoller(t *testing.T, fd int, how uint32) poller {
	t.Helper()
	p := testkit.Must(unix.EpollCreate1(unix.EPOLL_CLOEXEC))(t)
	t.Cleanup(func() { unix.Close(p) })
	testkit.NoError(t, unix.EpollCtl(p, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | how, Fd: int32(fd)}))
	return poller{t, p}
}

// wakes reports whether the socket is readable, or becomes so in time.
func (p poller) wakes(within time.Duration) bool {
	p.t.Helper()
	events := make([]unix.EpollEvent, 1)
	n, err := unix.EpollWait(p.fd, events, int(within.Milliseconds()))
	for err == unix.EINTR {
		n, err = unix.EpollWait(p.fd, events, int(within.Milliseconds()))
	}
	testkit.NoError(p.t, err)
	return n > 0
}

// held holds the input.
func (e *ends) held() bool {
	held, _ := e.hand().hold()
	return held
}

func TestFactHeldInputDoesNotWakeUntilReleased(t *testing.T) {
	for name, how := range map[string]uint32{"level": 0, "edge": unix.EPOLLET} {
		e := newEnds(t)
		p := newPoller(t, e.fd, how)
		if !e.held() {
			t.Fatal("the input cannot be held")
		}
		testkit.Must(e.cli.Write([]byte("request")))(t)
		until(t, func() bool { return e.look().Unread == 7 })
		if p.wakes(0) {
			t.Errorf("%s: the program is awakened", name)
		}
		if got := e.hand().peek(make([]byte, 100)); string(got) != "request" {
			t.Errorf("%s: read %q", name, got)
		}
		e.hand().release()
		if !p.wakes(10 * time.Second) {
			t.Errorf("%s: the program is not awakened after the release", name)
		}
		if n, err := e.srv.Read(e.buf); n != 7 || err != nil {
			t.Errorf("%s: the program got %d bytes, %v", name, n, err)
		}
	}
}

// A release wakes nobody if there is no input; the end of the connection wakes at once.
func TestFactReleaseAloneDoesNotWakeAndTheEndDoes(t *testing.T) {
	e := newEnds(t)
	p := newPoller(t, e.fd, unix.EPOLLET)
	if !e.held() {
		t.Fatal("the input cannot be held")
	}
	e.hand().release()
	if p.wakes(0) {
		t.Error("awakened without input")
	}
	if !e.held() {
		t.Fatal("the input cannot be held again")
	}
	e.cli.Close()
	if !p.wakes(10 * time.Second) {
		t.Error("not awakened by the end")
	}
}

// A program that reads without being awakened gets the input.
func TestFactHeldInputIsRead(t *testing.T) {
	e := newEnds(t)
	if !e.held() {
		t.Fatal("the input cannot be held")
	}
	e.ask("request")
}

// A call that waits in the kernel would not be awakened by the release.
func TestBlockingSocketIsNotHeld(t *testing.T) {
	e := newEnds(t)
	testkit.NoError(t, unix.SetNonblock(e.fd, false))
	if can, _ := e.hand().holdable(); can || e.held() {
		t.Error("a blocking socket is held")
	}
	testkit.NoError(t, unix.SetNonblock(e.fd, true))
	testkit.NoError(t, unix.SetsockoptInt(e.fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 3))
	if can, _ := e.hand().holdable(); can {
		t.Error("a limit of the program's own is changed")
	}
}

// A program that was awakened for input may begin to wait for more than has come.
func TestInputThatHasComeIsNotHeld(t *testing.T) {
	e := newEnds(t)
	e.send("request")
	until(t, func() bool { return e.look().Unread == 7 })
	if held, never := e.hand().hold(); held || never {
		t.Errorf("held %v, never %v", held, never)
	}
	if can, held := e.hand().holdable(); !can || held {
		t.Error("the limit is not as before")
	}
}

// What was read belongs to whoever has read it.
func TestTake(t *testing.T) {
	e := newEnds(t)
	e.send("request")
	until(t, func() bool { return e.look().Unread == 7 })
	seen := e.hand().peek(make([]byte, 100))
	fd, ok := e.hand().take(seen, 4)
	if !ok || e.look().Unread != 0 {
		t.Fatal("the request was not read")
	}
	unix.Close(fd)
	e.send("request")
	until(t, func() bool { return e.look().Unread == 7 })
	e.read() // the program is quicker
	if _, ok := e.hand().take(seen, 4); ok {
		t.Error("a request was taken that the program has read")
	}
	if _, err := e.srv.Write([]byte("answer")); err != nil {
		t.Errorf("the program cannot answer: %v", err)
	}
}

// A program that tried to read before it waited, and got no processor, reads when hotswap has seen the request.
func TestTakeOfWhatWasBegun(t *testing.T) {
	for name, of := range map[string]struct {
		read         int    // by the program, of the head's four bytes
		behind       string // what comes then, of a client that pipelines
		taken, whole bool   // by hotswap, or all of it by the program
	}{
		"one byte":                   {read: 1, taken: true},
		"nearly all of the head":     {read: 3, taken: true},
		"the head":                   {read: 4, whole: true},
		"the head and of the body":   {read: 6, whole: true},
		"the head, and more came":    {read: 4, behind: "more"},
		"all but the last, the same": {read: 7, behind: "and more"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnds(t)
			const request = "headbody"
			e.send(request)
			until(t, func() bool { return e.look().Unread == len(request) })
			seen := e.hand().peek(make([]byte, 100))
			got := make([]byte, 100)
			testkit.Must(e.srv.Read(got[:of.read]))(t)
			if of.behind != "" {
				e.send(of.behind)
			}
			until(t, func() bool { return e.look().Unread == len(request)-of.read+len(of.behind) })
			fd, ok := e.hand().take(seen, 4)
			if ok {
				unix.Close(fd)
			}
			if ok != of.taken || ok && e.look().Unread != 0 {
				t.Errorf("taken %v", ok)
			}
			if of.taken {
				return
			}
			_, err := e.srv.Write([]byte("answer"))
			if (err == nil) != of.whole {
				t.Errorf("the program answers: %v", err)
			}
			if n, err := e.srv.Read(got[of.read:]); of.whole && string(got[:of.read+max(n, 0)]) != request {
				t.Errorf("the program has read %q, %v", got[:of.read+max(n, 0)], err)
			}
		})
	}
}
