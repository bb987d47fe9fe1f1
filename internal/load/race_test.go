//go:build linux

package load

import (
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// closesWhenAsked answers the first request of each connection and ends the
// connection right as the second arrives.
func closesWhenAsked(end func(*peer)) func(*peer) {
	return func(p *peer) {
		if p.ask() {
			p.say(1)
		}
		if p.ask() {
			end(p)
		}
	}
}

// The server has read the request before it closes: only the clock can excuse
// it.
func TestRaceByTheClock(t *testing.T) {
	for _, test := range []struct {
		name   string
		end    func(*peer)
		within time.Duration
		want   Class
	}{
		{"end, in time", func(*peer) {}, time.Minute, Race},
		{"end, too late", func(*peer) {}, 1, EOF},
		{"reset, in time", (*peer).reset, time.Minute, Race},
		{"reset, too late", (*peer).reset, 1, Reset},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(test.name+"/"+method, func(t *testing.T) {
				srv := serve(t, closesWhenAsked(test.end))
				kind := ping(4, true)
				kind.Method = method
				s := run(t, Config{Targets: []string{srv.addr}, Kinds: []Kind{kind}, RaceWithin: test.within})
				expect(t, s, map[Class]uint64{OK: 2, test.want: 2})
				want := uint64(0)
				if test.want == Race {
					want = 2
				}
				races := map[string]uint64{"GET": s.Races.GET, "POST": s.Races.POST}
				if races[method] != want || s.Races.GET+s.Races.POST != want || s.Closes.Raced != want || s.Closes.Total() != want {
					t.Errorf("races %+v, closes %+v, want %d by %s", s.Races, s.Closes, want, method)
				}
			})
		}
	}
}

// The end arrives between the client's look and its write: the server's kernel
// never takes the request, and no clock is asked.
func TestRaceProvedByTheKernel(t *testing.T) {
	needsAcked(t)
	for _, test := range []struct {
		name string
		end  func(*peer)
	}{
		{"close", func(p *peer) { p.Close() }},
		{"shutdown", func(p *peer) { p.CloseRead(); p.CloseWrite() }},
		{"reset", (*peer).reset},
	} {
		t.Run(test.name, func(t *testing.T) {
			idle, gone := make(chan *peer, 1), make(chan struct{})
			srv := serve(t, func(p *peer) {
				if p.ask() {
					p.say(1)
				}
				if p.number == 1 {
					idle <- p
					<-gone
				}
			})
			c := New(Config{Targets: []string{srv.addr}, Kinds: []Kind{ping(3, true)}, RaceWithin: 1})
			c.beforeWrite = func(conn *conn) {
				if p := <-idle; p != nil {
					test.end(p)
					waitSomething(t, conn)
					close(idle) // later requests have nothing to wait for
					close(gone)
				}
			}
			s := runClient(t, c)
			if s.Counts[Race] != 1 || s.Failed() != 0 || s.Races.GET != 1 || s.Races.Taken != 0 {
				t.Errorf("want one race that was never taken: %+v\n%v", s.Races, s)
			}
		})
	}
}

// TestKernelTellsWhatWasTaken pins what acked_linux.go says of
// tcpi_bytes_acked: with a FIN, it says for certain whether a request arrived
// before or after it.
func TestKernelTellsWhatWasTaken(t *testing.T) {
	needsAcked(t)
	for _, first := range []string{"request", "end"} {
		t.Run(first+" first", func(t *testing.T) {
			written, ended := make(chan struct{}), make(chan struct{})
			srv := serve(t, func(p *peer) {
				if first == "request" {
					<-written
					p.ask()
					p.CloseWrite()
				} else {
					p.Close()
				}
				close(ended)
			})
			c := connected(t, srv.addr)
			if first == "end" {
				<-ended
				waitSomething(t, c)
			}
			before, _ := acked(c.raw)
			testkit.Must(c.Write(request(&Kind{Method: "GET", Path: "/"}, srv.addr, nil)))(t)
			close(written)
			if _, err := c.br.ReadByte(); !errors.Is(err, io.EOF) {
				t.Fatalf("%v, want EOF", err)
			}
			after, _ := acked(c.raw)
			if taken := after > before; taken != (first == "request") {
				t.Errorf("acknowledged before %d, after %d", before, after)
			}
		})
	}
}

// needsAcked skips a test where the kernel does not tell what was acknowledged.
func needsAcked(t *testing.T) {
	srv := serve(t, (*peer).untilGone)
	c := connected(t, srv.addr)
	if _, ok := acked(c.raw); !ok {
		t.Skip("the kernel does not tell what was acknowledged")
	}
}

// An end that has arrived before the next request is no race, whatever kind of
// end it was; it is counted, and the next request goes to a new connection.
func TestIdleCloses(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*peer)
		want Closes
	}{
		{"clean", func(p *peer) { p.Close() }, Closes{Idle: 2}},
		{"half", func(p *peer) { p.CloseWrite() }, Closes{Idle: 2}},
		{"reset", (*peer).reset, Closes{Reset: 2}},
		{"told by 408", func(p *peer) {
			io.WriteString(p, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
		}, Closes{Idle: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			leave := make(chan struct{})
			srv := serve(t, func(p *peer) {
				p.ask()
				p.say(1)
				select {
				case <-leave:
					test.end(p)
				case <-t.Context().Done():
				}
			})
			c := New(Config{Targets: []string{srv.addr}, Kinds: []Kind{ping(3, true)}, Checks: ExampleChecks()})
			c.beforeLook = func(conn *conn) {
				leave <- struct{}{}
				waitSomething(t, conn)
			}
			s := runClient(t, c)
			expect(t, s, map[Class]uint64{OK: 3})
			if s.Closes != test.want || s.Kinds[0].Closes != test.want {
				t.Errorf("closes %+v, want %+v", s.Closes, test.want)
			}
			if s.Kinds[0].Dials != 3 {
				t.Errorf("%d connections, want 3", s.Kinds[0].Dials)
			}
		})
	}
}

// A close that the answer announces cannot race and is no idle close.
func TestAnnouncedClose(t *testing.T) {
	srv := serve(t, func(p *peer) {
		p.ask()
		io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
	})
	s := run(t, Config{Targets: []string{srv.addr}, Kinds: []Kind{ping(3, true)}})
	expect(t, s, map[Class]uint64{OK: 3})
	if want := (Closes{Announced: 3}); s.Closes != want || s.Closes.Total() != 0 {
		t.Errorf("closes %+v, want %+v", s.Closes, want)
	}
}

// Bytes that answer nothing spoil the request that would have been next.
func TestNoise(t *testing.T) {
	for _, sent := range []string{"with the answer", "after the answer"} {
		t.Run(sent, func(t *testing.T) {
			srv := serve(t, func(p *peer) {
				p.ask()
				if sent == "with the answer" {
					io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n")
				} else {
					io.WriteString(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
					io.WriteString(p, "HTTP/1.1 200 OK\r\n")
				}
				p.untilGone()
			})
			c := New(Config{Targets: []string{srv.addr}, Kinds: []Kind{ping(2, true)}})
			c.beforeLook = func(conn *conn) {
				if conn.br.Buffered() == 0 {
					waitSomething(t, conn)
				}
			}
			expect(t, runClient(t, c), map[Class]uint64{OK: 1, Wrong: 1})
		})
	}
}

// waitSomething waits until bytes or the end of a connection have arrived in
// our kernel. It polls, for a peek would take a reset away: the kernel tells an
// error of a socket once.
func waitSomething(t *testing.T, c *conn) {
	err := c.raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(fds, int(time.Minute.Milliseconds()))
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if n == 0 || err != nil {
				t.Errorf("nothing ever came (%v)", err)
			}
			return
		}
	})
	if err != nil {
		t.Error(err)
	}
}
