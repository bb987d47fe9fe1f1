//go:build linux

package load

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

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
			if s.Counts[Race] != 1 || s.Failed() != 0 {
				t.Errorf("want one race that was never taken: %v", s)
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
