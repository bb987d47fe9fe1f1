//go:build linux

package drain

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// ends are both ends of a connection in this process, asked by hand.
type ends struct {
	t        *testing.T
	srv, cli *net.TCPConn
	fd       int // the server's
	buf      []byte
}

func newEnds(t *testing.T) *ends {
	t.Helper()
	l := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	defer l.Close()
	e := &ends{t: t, cli: dial(t, l.Addr().String()), buf: make([]byte, 4096)}
	s := testkit.Must(l.Accept())(t)
	t.Cleanup(func() { s.Close() })
	e.srv = s.(*net.TCPConn)
	raw := testkit.Must(e.srv.SyscallConn())(t)
	_ = raw.Control(func(fd uintptr) { e.fd = int(fd) })
	return e
}

// get is a request to the server.
func (e *ends) get() string {
	return fmt.Sprintf("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", e.srv.LocalAddr())
}

func (e *ends) hand() *control { return &control{e.fd} }

// config is that of a drain of the connection, whose server is this process.
func (e *ends) config() Config {
	e.t.Helper()
	if !CanGetFD([]int{os.Getpid()}) {
		e.t.Skip("pidfd_getfd is forbidden here")
	}
	return Config{Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())}, Tree: func() []int { return []int{os.Getpid()} }, CanGetFD: true, Harmless: func(peer.Ends) bool { return true }}
}

func (e *ends) look() sample {
	e.t.Helper()
	s, ok := read(e.fd)
	if !ok {
		e.t.Fatal("the connection has ended")
	}
	return s
}

func (e *ends) ask(parts ...string) {
	e.t.Helper()
	for n, part := range parts {
		if _, err := e.cli.Write([]byte(part)); err != nil {
			e.t.Fatalf("part %d: %v", n, err)
		}
	}
	want := 0
	for _, p := range parts {
		want += len(p)
	}
	until(e.t, func() bool { n, _ := unix.IoctlGetInt(e.fd, unix.SIOCINQ); return n >= want })
	if n, err := e.srv.Read(e.buf); err != nil || n != want {
		e.t.Fatalf("the server read %d of %d, %v", n, want, err)
	}
}

// send leaves what the client sends unread.
func (e *ends) send(s string) {
	e.t.Helper()
	testkit.Must(e.cli.Write([]byte(s)))(e.t)
}

func (e *ends) read() {
	e.t.Helper()
	testkit.Must(e.srv.Read(e.buf))(e.t)
}

func (e *ends) answer(s string) {
	e.t.Helper()
	testkit.Must(e.srv.Write([]byte(s)))(e.t)
	testkit.Must(e.cli.Read(e.buf))(e.t)
}

// soon is before any delayed ACK. What is to happen before one is sent may be too late on a busy machine;
// a test then tries again.
const soon = 20 * time.Millisecond

// tie brings about a request in the tick of the answer before it, on a connection that was answered at once, and
// looks soon: it tries until the clock plays along.
func tie(t *testing.T, warm int, request ...string) (*ends, sample) {
	t.Helper()
	for range 200 {
		e := newEnds(t)
		for range warm {
			e.ask("warm")
			e.answer("answer")
		}
		e.ask("fast")
		e.answer("answer")
		e.ask(request...)
		if s := e.look(); s.SentAge == s.ReceivedAge && s.ReceivedAge < soon && !s.PingPongOff {
			return e, s
		}
	}
	t.Fatal("no tie with pingpong on in 200 attempts")
	return nil, sample{}
}

func TestFactAnswerInTheTickOfItsRequestTurnsPingPongOn(t *testing.T) {
	for range 200 {
		e := newEnds(t)
		e.ask("first")
		if s := e.look(); !s.PingPongOff {
			t.Error("first request: pingpong on, want off")
		}
		e.answer("answer")
		s := e.look()
		if s.ReceivedAge-s.SentAge >= soon {
			continue
		}
		if s.PingPongOff {
			t.Error("answered at once: pingpong off, want on")
		}
		return
	}
	t.Fatal("no answer at once in 200 attempts")
}

func TestFactUnansweredRequestInATieLeavesPingPong(t *testing.T) {
	for _, warm := range []int{0, 1, 30} {
		e, before := tie(t, warm, "slow")
		if before.Unacked != 0 {
			t.Fatalf("warm %d: %+v; want all acknowledged", warm, before)
		}
		// A look may come late, or take long: the mode was on at the age that the
		// look before told, at least.
		var told, on time.Duration
		until(t, func() bool {
			s := e.look()
			if s.PingPongOff {
				return true
			}
			told, on = s.ReceivedAge, told
			return false
		})
		if after := e.look(); after.SentAge != after.ReceivedAge {
			t.Errorf("warm %d: pingpong left, want still a tie: %+v", warm, after)
		}
		if on > delayedACK {
			t.Errorf("warm %d: still on after %v, longer than %v", warm, on, delayedACK)
		}
	}
}

// The surprise: a request in two segments (python's clients send head and body
// apart) is acknowledged when the program reads it, pingpong mode stays on, and
// the unanswered request looks for ever like an answered one.
func TestFactRequestInTwoSegmentsStaysInPingPong(t *testing.T) {
	e, _ := tie(t, 1, "head", "body")
	until(t, func() bool { s := e.look(); return s.ReceivedAge > 300*time.Millisecond })
	if s := e.look(); s.PingPongOff {
		t.Error("unanswered for 300 ms: pingpong off, want on")
	}
}

func TestFactAnswerSlowerThanTheDelayedACKLeavesPingPongOff(t *testing.T) {
	e := newEnds(t)
	for range 12 { // past the quick ACKs of a connection's beginning
		e.ask("request")
		until(t, func() bool { return e.look().ReceivedAge >= 52*time.Millisecond })
		e.answer("answer")
	}
	e.ask("next")
	if s := e.look(); !s.PingPongOff {
		t.Error("pingpong on after slow answers only, want off")
	}
}

// A client that acknowledges an answer only with its next request does not seem to be as far away as it pauses.
func TestFactDelayedACKIsNoRoundTrip(t *testing.T) {
	e := newEnds(t)
	for range 24 { // past the quick ACKs of a connection's beginning
		e.ask("request")
		e.answer("answer")
		until(t, func() bool { return e.look().SentAge >= 24*time.Millisecond })
	}
	e.ask("next")
	s := e.look()
	if s.MinRTT >= 5*time.Millisecond || s.RTT <= s.MinRTT {
		t.Errorf("a round trip on this machine takes %v, on average %v; want less than 5 ms, and more", s.MinRTT, s.RTT)
	}
	for near, rtt := range map[bool]time.Duration{true: s.MinRTT, false: s.RTT} {
		d, c := New(e.config()), &conn{near: near}
		c.state.seen = true
		if d.inspect(c, s, nil, new(Report)); c.state.last.RTT != rtt {
			t.Errorf("near %t: %v, want %v", near, c.state.last.RTT, rtt)
		}
	}
}

func TestFactTickIsThatOfTheCoarseClock(t *testing.T) {
	if tick := kernelTick(); tick < time.Millisecond || tick > 10*time.Millisecond {
		t.Errorf("tick %v, want 1 to 10 ms (HZ 1000 to 100)", tick)
	}
}

func TestBothWaysOfSeeingAgree(t *testing.T) {
	e := newEnds(t)
	e.ask("request")
	e.answer("answer")
	until(t, func() bool { return e.look().Unacked == 0 })
	local, remote, err := endsOf(e.fd)
	testkit.NoError(t, err)
	cookie := testkit.Must(unix.GetsockoptUint64(e.fd, unix.SOL_SOCKET, unix.SO_COOKIE))(t)
	d := testkit.Must(sockdiag.Open())(t)
	defer d.Close()
	found := 0
	if err := d.Dump(diagKey{sockdiag.IPv4, local.Port()}.query(), func(m sockdiag.Socket) {
		found++
		if m.Local != local || m.Remote != remote || m.Cookie != cookie {
			t.Errorf("sock_diag names it %+v, the socket %v %v %d", m, local, remote, cookie)
		}
		a, b := sampleOf(infoIn(m.Info)), e.look()
		if a.Received != b.Received || a.Sent != b.Sent || a.Acked != b.Acked {
			t.Errorf("sock_diag sees %+v, the socket %+v", a, b)
		}
	}); err != nil || found != 1 {
		t.Fatalf("found %d connections, %v; want 1", found, err)
	}
	c := &conn{cookie: cookie, local: local, peer: remote}
	if !stillOpen(c) {
		t.Error("an open connection is not alive")
	}
	e.srv.Close()
	until(t, func() bool { return !stillOpen(c) })
}

// What arrives while a sample is taken has not been read by the program.
func TestArrivingInputIsUnread(t *testing.T) {
	for range 100 {
		e := newEnds(t)
		go func() { _, _ = e.cli.Write(make([]byte, 1<<20)) }()
		for s := e.look(); s.Unread < 1<<16; s = e.look() {
			if s.Read() != 0 {
				t.Fatalf("%d of %d bytes count as read", s.Read(), s.Received)
			}
		}
	}
}
