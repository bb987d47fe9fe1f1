//go:build linux

package drain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// idler takes what it is given and does nothing.
type idler struct{}

func (idler) Room() int { return 1 }
func (idler) Move(_ uint64, fd int, _ []byte, _ int64) func() bool {
	_ = unix.Close(fd)
	return nil
}

func (idler) Has(uint64) bool { return false }

func (idler) Made(netip.AddrPort) bool { return false }

// answerer keeps what it takes over.
type answerer struct {
	idler
	endless bool // the answers have no end of their own
}

func (a answerer) Move(uint64, int, []byte, int64) func() bool {
	return func() bool { return a.endless }
}

// The old process waits for what another generation answers, but not for an event stream, nor while none serves. If
// none will serve, requests are refused.
func TestWhatHasMovedIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		endless, serves, never bool
		want                   Report
	}{
		"an answer":         {serves: true, want: Report{Connections: 1, Busy: 1, Moved: 1, Settled: true}},
		"an event stream":   {endless: true, serves: true, want: Report{Connections: 1, Moved: 1, Idle: true, Settled: true}},
		"nobody serves yet": {want: Report{Connections: 1, Moved: 1, Idle: true, Settled: true}},
		"nobody will serve": {never: true, want: Report{Closed: 1, Idle: true, Settled: true}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnds(t)
			e.ask(e.get())
			ctx, cancel := limited(t)
			var last Report
			cfg := e.config()
			cfg.Mover, cfg.Next = answerer{endless: c.endless}, func() (bool, bool) { return c.serves, c.never }
			_ = New(cfg).Run(ctx, func(r Report) {
				if !last.Settled && r.Settled {
					e.answer(strings.Repeat("answer", 20))
					e.send(e.get())
				}
				if last = r; r == c.want {
					cancel()
				}
			})
			if last != c.want {
				t.Errorf("%+v, want %+v", last, c.want)
			}
		})
	}
}

// keeper keeps the last request that it was given.
type keeper struct {
	idler
	request string
	rest    int64
}

func (k *keeper) Move(_ uint64, fd int, request []byte, rest int64) func() bool {
	k.request, k.rest = string(request), rest
	return k.idler.Move(0, fd, nil, 0)
}

// Of a request that moves, nothing is left for a program that reads late, however long the body takes.
func TestRequestMovesWhole(t *testing.T) {
	e := newEnds(t)
	e.ask(e.get())
	ctx, cancel := limited(t)
	post := strings.Replace(e.get(), "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n", 1)
	cfg, k, parts, looks := e.config(), &keeper{}, []string{post + "h", "el", "lo"}, 0
	cfg.Mover, cfg.Waiting = k, func() int { // called before each look
		_, held := e.hand().holdable()
		if looks++; held && looks > 10 && len(parts) > 0 {
			if looks = 0; len(parts) == 3 {
				e.answer(strings.Repeat("answer", 20))
			}
			e.send(parts[0])
			parts = parts[1:]
		}
		return 1 // so that the looks go on
	}
	_ = New(cfg).Run(ctx, func(r Report) {
		if r.Moved > 0 {
			cancel()
		}
	})
	if k.request != post+"hello" || k.rest != 0 {
		t.Errorf("moved: %q and %d bytes later", k.request, k.rest)
	}
}

// A program that reads late may read a part of a request while the drain looks at it. What is left is no other protocol,
// whose connections keep nobody from being told to stop.
func TestRequestThatIsReadMeanwhile(t *testing.T) {
	for _, harmless := range []bool{true, false} {
		e := newEnds(t)
		cfg := e.config()
		cfg.Mover = &keeper{}
		d := New(cfg)
		d.start = time.Now()
		c := &conn{whoAt: 1, who: peer.Peer{Harmless: harmless}}
		c.local, c.peer, _ = endsOf(e.fd)
		look := func(s sample) { t.Helper(); d.inspect(c, s, e.hand(), &Report{}) }
		post := strings.Replace(e.get(), "\r\n\r\n", "\r\nContent-Length: 40000\r\n\r\n", 1) + strings.Repeat("x", 40_000)
		look(e.look())
		e.ask(e.get())
		look(e.look())
		e.answer(strings.Repeat("answer", 20))
		until(t, func() bool { look(e.look()); return c.state.held })
		e.send(post)
		until(t, func() bool { return e.look().Unread == len(post) })
		s := e.look()
		if harmless {
			look(s)
			s = e.look()
		}
		e.read()
		look(s)
		look(e.look())
		if c.state.other || c.state.held || !c.state.busy(settled) {
			t.Errorf("harmless %v: another protocol %v, held %v, busy %v", harmless, c.state.other, c.state.held, c.state.busy(settled))
		}
	}
}

// A client that rested when the drain began is moved with its next request, also if the last request and its answer fell
// into one tick of the kernel's clock.
func TestRestedClientIsMoved(t *testing.T) {
	for range 200 {
		e := newEnds(t)
		e.ask(e.get())
		e.answer(strings.Repeat("answer", 20))
		if s := e.look(); s.SentAge != s.ReceivedAge {
			continue
		}
		until(t, func() bool { return e.look().ReceivedAge >= delayedACK })
		cfg := e.config()
		cfg.Mover = idler{}
		_, reports, _ := observed(t, cfg)
		until(t, func() bool { _, held := e.hand().holdable(); return held })
		if s := e.look(); s.ReceivedAge >= doubtFor {
			continue // a busy machine
		}
		e.send(e.get())
		awaited(t, reports, moved) // nobody reads a request that is let through
		return
	}
	t.Fatal("no request and answer in one tick in 200 attempts")
}

// A program that is told to stop may end with a request unread that has just come, or a part of it. Who the client is was
// found out long ago.
func TestRequestAtTheEndIsMoved(t *testing.T) {
	e, k := newEnds(t), &keeper{}
	cfg := e.config()
	cfg.Mover = k
	d := New(cfg)
	d.start = time.Now().Add(-time.Minute)
	local, from, err := endsOf(e.fd)
	spare := testkit.Must(e.hand().duplicate())(t)
	c := &conn{local: local, peer: from, near: true, hold: true, whoAt: 1, spare: spare, who: peer.Peer{Harmless: true}}
	d.spares = 1
	e.ask(e.get())
	d.inspect(c, e.look(), e.hand(), new(Report))
	e.answer(strings.Repeat("answer", 20))
	d.inspect(c, e.look(), e.hand(), new(Report))
	e.send(strings.Replace(e.get(), "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhe", 1))
	until(t, func() bool { return e.look().Unread > 0 })
	e.srv.Close()
	rests := d.inherit(c, new(Report))
	d.drop(c)
	if err != nil || rests || !strings.HasSuffix(k.request, "\r\n\r\nhe") || k.rest != 3 || d.spares != 0 {
		t.Errorf("%v, rests %v, %d duplicates; moved: %q and %d bytes later", err, rests, d.spares, k.request, k.rest)
	}
}

// A client that rests when the program ends may have sent a request that arrives afterwards. A client that the program has
// just answered, and one that has ended its side, see the end.
func TestRequestAfterTheEndIsMoved(t *testing.T) {
	for name, of := range map[string]struct {
		rested time.Duration
		ends   bool
		moves  bool
		never  bool // no generation follows
	}{"rests": {rested: time.Minute, moves: true}, "nobody follows": {rested: time.Minute, never: true}, "has an answer": {}, "has ended": {rested: time.Minute, ends: true}} {
		t.Run(name, func(t *testing.T) {
			e, moved := newEnds(t), make(mover, 1)
			cfg := e.config()
			cfg.Mover, cfg.Tree = moved, func() []int { return nil }
			behind := make(chan struct{})
			cfg.Next = func() (serves, never bool) { return !of.never, of.never }
			cfg.Behind = func(f func()) { go func() { f(); close(behind) }() }
			d := New(cfg)
			d.start = time.Now()
			c := &conn{cookie: 1, near: true, hold: true, whoAt: 1, spare: testkit.Must(e.hand().duplicate())(t), who: peer.Peer{Harmless: true}}
			c.local, c.peer, _ = endsOf(e.fd)
			d.conns[1] = c
			e.ask(e.get())
			d.inspect(c, e.look(), e.hand(), new(Report))
			e.answer(strings.Repeat("answer", 20))
			d.inspect(c, e.look(), e.hand(), new(Report))
			if of.ends {
				testkit.NoError(t, e.cli.CloseWrite())
			}
			d.start = d.start.Add(-of.rested)
			e.srv.Close()
			d.letGo(nil)
			if !of.moves {
				if n, err := e.cli.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("%d bytes, %v", n, err)
				}
				return
			}
			e.send(e.get())
			select {
			case request := <-moved:
				if request != e.get() {
					t.Errorf("moved: %q", request)
				}
			case <-time.After(testkit.Patience):
				t.Error("the request is lost")
			}
			select {
			case <-behind:
			case <-time.After(testkit.Patience):
				t.Error("hotswap would not have waited")
			}
		})
	}
}

// mover gets the requests that move.
type mover chan string

func (mover) Room() int                { return 1 }
func (mover) Has(uint64) bool          { return false }
func (mover) Made(netip.AddrPort) bool { return false }

func (m mover) Move(_ uint64, fd int, request []byte, _ int64) func() bool {
	m <- string(request)
	return idler{}.Move(0, fd, nil, 0)
}

// Each lasting drain has duplicates of at most spareMost connections.
func TestDuplicatesAreBounded(t *testing.T) {
	p := startProgram(t)
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	for range spareMost + 5 {
		c := dial(t, p.addr)
		_, err := fmt.Fprintf(c, "GET /fast HTTP/1.1\r\nHost: %s\r\n\r\n", c.RemoteAddr())
		if _, end := c.Read(make([]byte, 512)); err != nil || end != nil {
			t.Fatal(err, end)
		}
	}
	ctx, cancel := limited(t)
	cfg, most, looks := p.moving(), 0, 0
	var d *Drain
	cfg.Waiting = func() int { // called before each look
		if most = max(most, d.spares); most == spareMost {
			if looks++; looks == 20 {
				cancel()
			}
		}
		return 0
	}
	d = New(cfg)
	d.Retire()
	_ = d.Run(ctx, func(Report) {})
	if most != spareMost || d.spares != 0 {
		t.Errorf("%d duplicates at most, %d after the drain; want %d and none", most, d.spares, spareMost)
	}
}

// The program gets a first request while no generation serves, because it has waited for the next one already.
func TestTheProgramAnswers(t *testing.T) {
	e := newEnds(t)
	ctx, cancel := limited(t)
	var last Report
	sent, cfg := false, e.config()
	cfg.Mover, cfg.Next = answerer{}, func() (bool, bool) { return false, false }
	cfg.Waiting = func() int { // called before each look
		if _, held := e.hand().holdable(); sent && !held {
			cancel() // it was let through
		} else if held && !sent {
			sent = true
			e.send(e.get())
		}
		return 0
	}
	_ = New(cfg).Run(ctx, func(r Report) { last = r })
	if !errors.Is(ctx.Err(), context.Canceled) || last.Moved+last.Closed > 0 {
		t.Errorf("%+v, %v; want the program to get the request", last, ctx.Err())
	}
}

// A connection in use is moved, but not while its process ends its connections by itself.
func TestProcessEndsItsConnections(t *testing.T) {
	e := newEnds(t)
	var leave atomic.Bool
	leave.Store(true)
	cfg := e.config()
	cfg.Mover, cfg.Leave = idler{}, func(pid int) bool { return pid == os.Getpid() && leave.Load() }
	_, reports, _ := observed(t, cfg)
	stays := func(want func(Report) bool) {
		t.Helper()
		awaited(t, reports, func(r Report) bool {
			if r.Moved > 0 {
				t.Fatal("the connection was moved")
			}
			return want(r)
		})
		if _, held := e.hand().holdable(); held {
			t.Fatal("the input is held")
		}
	}
	for range 3 { // in use: requests come while it is observed, and a pause follows each answer
		e.ask(e.get())
		stays(func(r Report) bool { return r.Busy == 1 })
		e.answer(strings.Repeat("answer", 20))
		stays(func(r Report) bool { return r.Connections-r.Busy == 1 })
	}
	leave.Store(false)
	until(t, func() bool { _, held := e.hand().holdable(); return held })
	e.send(e.get())
	awaited(t, reports, moved)
}
