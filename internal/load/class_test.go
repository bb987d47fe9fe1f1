package load

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestClassOfBroken(t *testing.T) {
	const within = 15 * time.Millisecond
	reset := fmt.Errorf("read tcp: %w", os.NewSyscallError("read", syscall.ECONNRESET))
	for _, test := range []struct {
		name string
		b    broken
		want Class
	}{
		{"nobody listens",
			broken{err: &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}}, Refused},
		{"reset while dialling", broken{err: reset}, Reset},
		{"dial took too long", broken{err: context.DeadlineExceeded}, Timeout},
		{"answer took too long", broken{err: os.ErrDeadlineExceeded, reused: true}, Timeout},
		{"half an answer took too long", broken{err: os.ErrDeadlineExceeded, got: 10}, Timeout},
		{"no port left", broken{err: syscall.EADDRNOTAVAIL}, Other},
		{"end on the first request", broken{err: io.EOF}, EOF},
		{"reset on the first request", broken{err: reset}, Reset},
		{"first request could not be written", broken{err: syscall.EPIPE, writing: true}, Reset},
		{"end in the answer", broken{err: io.EOF, got: 1, reused: true}, Truncated},
		{"reset in the answer", broken{err: reset, got: 1, reused: true}, Truncated},
		{"end at once", broken{err: io.EOF, reused: true, waited: within}, Race},
		{"reset at once", broken{err: reset, reused: true, waited: within}, Race},
		{"end late, request taken", broken{err: io.EOF, reused: true, waited: within + 1, taken: takenYes}, EOF},
		{"end late, not known whether taken", broken{err: io.EOF, reused: true, waited: within + 1}, EOF},
		{"reset late", broken{err: reset, reused: true, waited: within + 1}, Reset},
		{"seen late, but never taken", broken{err: io.EOF, reused: true, waited: time.Second, taken: takenNo}, Race},
		{"could not be written", broken{err: syscall.EPIPE, writing: true, reused: true, waited: time.Second}, Race},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.b.class(within); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestMisbehaviour(t *testing.T) {
	for _, test := range []struct {
		name   string
		script func(*peer)
		want   Class
	}{
		{"reset before the answer", func(p *peer) { p.ask(); p.reset() }, Reset},
		{"end before the answer", func(p *peer) { p.ask() }, EOF},
		{"head truncated", func(p *peer) { p.ask(); io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Le") }, Truncated},
		{"body truncated", func(p *peer) {
			p.ask()
			io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
		}, Truncated},
		{"chunks truncated", func(p *peer) {
			p.ask()
			io.WriteString(p, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
		}, Truncated},
		{"never answers", func(p *peer) { p.untilGone() }, Timeout},
		{"wrong status", func(p *peer) { p.ask(); io.WriteString(p, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n") },
			Wrong},
		{"wrong body", func(p *peer) { p.ask(); io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") },
			Wrong},
		{"no HTTP", func(p *peer) { p.ask(); io.WriteString(p, "220 smtp ready\r\n\r\n") }, Wrong},
		{"good", func(p *peer) {
			for p.ask() {
				p.say(1)
			}
		}, OK},
		{"good, after an interim answer", func(p *peer) {
			for p.ask() {
				io.WriteString(p, "HTTP/1.1 103 Early Hints\r\n\r\n")
				p.say(1)
			}
		}, OK},
		{"good, until the end of the connection", func(p *peer) {
			p.ask()
			io.WriteString(p, "HTTP/1.0 200 OK\r\n\r\n"+`{"pong":true,"version":1,"pid":1}`)
		}, OK},
	} {
		for _, keepAlive := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/keepAlive=%v", test.name, keepAlive), func(t *testing.T) {
				srv := serve(t, test.script)
				cfg := Config{
					Targets: []string{srv.addr}, Kinds: []Kind{ping(2, keepAlive)}, Checks: ExampleChecks(),
					// On a first request no end is a race, be it ever so quick.
					RaceWithin: time.Minute,
				}
				if test.want == Timeout {
					cfg.Timeout = 50 * time.Millisecond
				}
				expect(t, run(t, cfg), map[Class]uint64{test.want: 2})
			})
		}
	}
}
