package drain

import (
	"strings"
	"testing"
	"time"
)

// frame is a frame of a client with length bytes of content.
func frame(first byte, length int) string {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, 0x80|byte(length))
	case length < 1<<16:
		b = append(b, 0xfe, byte(length>>8), byte(length))
	default:
		b = append(b, 0xff, 0, 0, 0, 0, byte(length>>24), byte(length>>16), byte(length>>8), byte(length))
	}
	return string(b) + "mask" + strings.Repeat("x", length)
}

func TestProtocol(t *testing.T) {
	const get = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n"
	for _, c := range []struct {
		name, input string
		want        protocol
	}{
		{"request", get + "\r\n", protoHTTP},
		{"request after an empty line", "\r\n" + get + "\r\n", protoHTTP},
		{"request with lines that end as on Unix", "GET / HTTP/1.0\nHost: x\n\n", protoHTTP},
		{"request with a body", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nUpgrade: ", protoHTTP},
		{"two requests", get + "\r\n" + get, protoHTTP},
		{"request whose head goes on", get, protoUnknown},
		{"beginning of a method", "GE", protoUnknown},
		{"request for a WebSocket", get + "Connection: Upgrade\r\nupgrade: websocket\r\n\r\n", protoUpgrade},
		{"tunnel", "CONNECT example.org:443 HTTP/1.1\r\n\r\n", protoUpgrade},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", protoOther},
		{"frame of HTTP/2", "\x00\x00\x08\x06\x00\x00\x00\x00\x00abcdefgh", protoOther},
		{"request of HTTP/0.9", "GET /\r\n", protoOther},
		{"request of RTSP", "OPTIONS rtsp://x RTSP/1.0\r\n\r\n", protoOther},
		{"small letters", "get / HTTP/1.1\r\n\r\n", protoOther},
		{"long word", strings.Repeat("A", 40) + " / HTTP/1.1\r\n\r\n", protoOther},
		{"TLS", "\x17\x03\x03\x00\x20", protoOther},
		{"text frame", frame(0x81, 5), protoWebSocket},
		{"compressed frame", frame(0xc2, 300), protoWebSocket},
		{"frames", frame(0x01, 5) + frame(0x89, 0) + frame(0x80, 70000), protoWebSocket},
		{"frame without a mask", "\x81\x05hello", protoOther},
		{"frame that goes on", frame(0x81, 5)[:9], protoOther},
		{"ping in parts", frame(0x09, 5), protoOther},
		{"unknown operation", frame(0x83, 5), protoOther},
		{"nothing", "", protoUnknown},
	} {
		if got := protocolOf([]byte(c.input), true, true); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if got := protocolOf([]byte(c.input), true, false); got != protoUnknown && got != c.want || got == protoOther {
			t.Errorf("%s, in the midst of a request: %v", c.name, got)
		}
	}
	if got := protocolOf([]byte(get+strings.Repeat("a", peekMost)), false, true); got != protoHTTP {
		t.Errorf("a long head: %v", got)
	}
	if got := protocolOf([]byte(frame(0x81, 5)), false, true); got == protoWebSocket {
		t.Error("the beginning of the input cannot prove that all of it is frames")
	}
}

func FuzzProtocol(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), true, true)
	f.Add([]byte(frame(0x81, 200)+frame(0x88, 2)), true, false)
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), true, true)
	f.Fuzz(func(t *testing.T, b []byte, all, boundary bool) {
		p := protocolOf(b, all, boundary)
		if p == protoWebSocket && !all || p == protoOther && !boundary {
			t.Errorf("%v of %q", p, b)
		}
		if p == protoHTTP && protocolOf(append([]byte(frame(0x82, 1)), b...), all, boundary) == protoHTTP {
			t.Errorf("HTTP although a frame comes before %q", b)
		}
	})
}

// unread shows a look with n bytes of input that the program has not read.
func unread(l *connState, at time.Duration, received uint64, n int) {
	s := l.last
	s.At, s.Received, s.Unread, s.ReceivedAge = at, received, n, 0
	l.observe(s, testTick)
}

// What the client speaks decides whether hotswap may end the connection, and whether it is busy.
func TestClientOfAnotherProtocol(t *testing.T) {
	idle := func() *connState {
		l := new(connState)
		l.observe(sample{At: time.Second, Received: 100, Sent: 100, SentAge: time.Second, ReceivedAge: 2 * time.Second}, testTick)
		return l
	}
	l := idle()
	if !l.curious() || l.endable() {
		t.Errorf("curious %v, endable %v before the first request", l.curious(), l.endable())
	}
	unread(l, 2*time.Second, 120, 20)
	l.learn([]byte("GET / HTTP/1.1\r\n\r\n.."), true)
	if !l.endable() || l.class(calmFor) != classBusy {
		t.Errorf("a request: %+v", l)
	}
	l.learn([]byte("GET / HTTP/1.1\r\nUp"), true)
	if !l.endable() {
		t.Error("a part of a head proves nothing new")
	}
	if l.learn([]byte("GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n"), true); l.endable() {
		t.Error("a client that asks for another protocol may speak it")
	}

	l = idle()
	unread(l, 2*time.Second, 120, 20)
	if l.learn([]byte(frame(0x81, 14)), true); l.endable() || l.class(calmFor) != classQuiet || l.curious() {
		t.Errorf("a frame: %+v", l)
	}

	l = idle() // the program has read a part: what follows is no request's beginning
	unread(l, 2*time.Second, 200, 20)
	if l.learn([]byte("anything"), true); l.speaks != protoUnknown {
		t.Errorf("a part of a body: %v", l.speaks)
	}
	for n := range framesProve {
		if l.speaks == protoWebSocket {
			t.Errorf("frames are proven after %d", n)
		}
		l.learn([]byte(frame(0x82, 14)), true)
	}
	if l.speaks != protoWebSocket {
		t.Error("frames in the midst prove nothing")
	}

	l = idle()
	unread(l, 2*time.Second, 120, 20)
	l.learn([]byte("PRI * HTTP/2.0\r\n\r\n.."), true)
	if l.endable() || l.class(calmFor) != classBusy {
		t.Errorf("HTTP/2, asked: %+v", l)
	}
	s := l.last
	s.At, s.Unread, s.Sent, s.SentAge, s.ReceivedAge = s.At+time.Second, 0, 200, 0, time.Second
	if l.observe(s, testTick); l.class(calmFor) != classQuiet {
		t.Errorf("HTTP/2, answered: %+v", l)
	}
}

// Where a thread of the program has to hold the input, that begins while the program still answers.
func TestCuriousInTheMidstOfARequest(t *testing.T) {
	for _, c := range []struct {
		age  time.Duration
		mode tri
		want bool
	}{{calmFor, yes, true}, {slowFor, yes, false}, {slowFor, unknown, true}, {slowFor - 1, unknown, false}} {
		l := connState{dir: dirRequest, last: sample{Received: 100, ReceivedAge: c.age, PingPong: c.mode}}
		if got := l.curious(); got != c.want {
			t.Errorf("%v, pingpong %v: %v", c.age, c.mode, got)
		}
	}
}
