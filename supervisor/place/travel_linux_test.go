package place

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// pair returns the servers of a parent and a child that is about to take over.
func pair(t *testing.T, parent, child Config) (p, c *world) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, c = newWorld(t, parent), newWorld(t, child)
	for i, borrow := range []func(int) error{p.Lend, c.Borrow} {
		if err := borrow(fds[i]); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(p.Unlend)
	return p, c
}

// hearsAny reads lines in any order.
func (c *client) hearsAny(want ...string) {
	c.Helper()
	left := map[string]bool{}
	for _, line := range want {
		left[line] = true
	}
	for range want {
		got := c.line()
		if !left[got] {
			c.Fatalf("got  %.300s\nwant %v", got, left)
		}
		delete(left, got)
	}
}

// Everything that is open survives, and the program notices nothing.
func TestEverythingMovesToAChild(t *testing.T) {
	var owned atomic.Int32
	p, c := pair(t, Config{}, Config{Own: func() { owned.Add(1) }})
	p.start(1)
	p.at("1 serving")
	c.start(2)
	c.at("2 starting")
	a, b := p.client(1), c.client(2) // by way of the child
	a.ask(`{"id":2,"op":"define","key":"k"}`, `{"id":2,"run":true}`)
	b.send(`{"id":2,"op":"define","key":"k"}`)
	a.ask(`{"id":3,"op":"watch","prefix":"w/"}`, `{"id":3,"event":"ready"}`)
	b.ask(`{"id":3,"op":"watch","key":"w/1"}`, `{"id":3,"event":"ready"}`)
	a.ask(`{"id":4,"op":"lease","name":"cron"}`, `{"id":4,"event":"granted"}`)
	b.send(`{"id":4,"op":"lease","name":"cron"}`)
	a.ask(`{"id":5,"op":"place","handles":true}`, `{"id":5,"event":"place","seq":2,"state":"serving","serving":true}`)
	a.ask(`{"id":8,"op":"place","drains":true}`, `{"id":8,"event":"place","seq":2,"state":"serving","serving":true}`)
	a.ask(`{"id":8,"op":"cancel"}`, `{"id":8,"error":"the request was cancelled","code":"canceled"}`)
	b.ask(`{"id":5,"op":"place","drains":true}`, `{"id":5,"event":"place","seq":1,"state":"starting","serving":false}`)
	a.ask(`{"id":6,"op":"set","key":"w/1","value":1}`, `{"id":6,"version":1}`)
	a.hears(`{"id":3,"event":"set","key":"w/1","value":1,"version":1}`)
	b.hears(`{"id":3,"event":"set","key":"w/1","value":1,"version":1}`)
	if _, err := a.conn.Write([]byte(`{"id":7,"op":"set","key":"w/2",`)); err != nil { // half a line
		t.Fatal(err)
	}
	silent := p.dial(1) // has said nothing
	lost := p.client(1)
	lost.ask(`{"id":9,"op":"lease","name":"of a lost connection"}`, `{"id":9,"event":"granted"}`)
	lost.ask(`{"id":10,"op":"lease","name":"of another lost connection","claim":17}`, `{"id":10,"event":"granted"}`)
	lost.conn.Close()

	if err := p.HandOver(); err != nil {
		t.Fatal(err)
	}
	if owned.Load() != 1 {
		t.Error("the child was not told")
	}
	if !p.Leaves(1, os.Getpid()) || !c.Leaves(2, os.Getpid()) {
		t.Error("a process that ends its connections by itself is forgotten")
	}
	a.hears(`{"id":4,"event":"revoke"}`)
	a.send(`"value":2}`)
	a.hearsAny(`{"id":7,"version":2}`, `{"id":3,"event":"set","key":"w/2","value":2,"version":2}`)
	a.ask(`{"id":2,"op":"defined","value":"v"}`, `{"id":2,"value":"v","version":3}`)
	b.hears(`{"id":2,"value":"v","version":3}`)
	silent.ask(`{"id":1,"op":"hello","version":1}`, `{"id":1,"version":1,"generation":1}`)
	silent.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":"v","version":3}`)
	late := p.client(1) // a new connection of the parent's generation
	late.ask(`{"id":2,"op":"delete","key":"w/1"}`, `{"id":2,"deleted":true}`)
	a.hears(`{"id":3,"event":"delete","key":"w/1","version":4}`)
	b.hears(`{"id":3,"event":"delete","key":"w/1","version":4}`)

	c.at("2 serving")
	b.hears(`{"id":5,"event":"place","seq":2,"state":"serving","serving":true}`)
	a.ask(`{"id":4,"op":"release"}`, `{"id":4,"released":true}`)
	b.hears(`{"id":4,"event":"granted"}`)
	b.send(`{"id":6,"op":"lease","name":"of a lost connection"}`)
	b.quiet() // its process has not ended
	b.send(`{"id":7,"op":"lease","name":"of another lost connection"}`)
	b.quiet()
	late.send(`{"id":3,"op":"lease","name":"of another lost connection","ended":17}`)
	b.hears(`{"id":7,"event":"granted"}`)

	p.at("1 draining")
	a.hears(`{"id":5,"event":"place","seq":3,"state":"draining","serving":false,"deadlineMs":0}`)
	done := p.Drained(1)
	a.hears(`{"id":5,"event":"drained","seq":4}`)
	select {
	case <-done:
		t.Error("the program has not answered")
	default:
	}
	a.send(`{"id":5,"op":"done","seq":4}`)
	select {
	case <-done:
	case <-time.After(waitBound):
		t.Error("the parent is not told that the program has answered")
	}
	p.end[1]()
	b.hears(`{"id":6,"event":"granted"}`) // of the generation nothing is alive
	p.Unlend()                            // the parent ends
	b.quiet()
}

// A connection of the child's generation that the parent has not admitted when the store moves goes along.
func TestConnectionThatComesMeanwhileMovesToo(t *testing.T) {
	p, c := pair(t, Config{}, Config{})
	p.start(1)
	p.at("1 serving")
	c.start(2)
	c.at("2 starting")
	b := c.client(2) // so the parent knows the generation
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*net.UnixConn
	for i, fd := range fds {
		if ends[i], err = connOf(fd); err != nil {
			t.Fatal(err)
		}
		defer ends[i].Close()
	}
	_ = ends[0].SetDeadline(time.Now().Add(waitBound))
	late := &client{t, ends[0], bufio.NewReader(ends[0])}
	late.send(`{"id":1,"op":"hello","version":1}`)

	p.mu.Lock()
	p.peer.moving = true
	ses := p.sessions[2]
	if !ses.joinLocked() {
		t.Fatal("the generation has ended")
	}
	p.mu.Unlock()
	go func() {
		defer ses.serving.Done()
		ses.attend(newConn(ses, ends[1], os.Getpid()), false)
	}()
	if err := p.HandOver(); err != nil {
		t.Fatal(err)
	}
	late.hears(`{"id":1,"version":1,"generation":2}`)
	late.ask(`{"id":2,"op":"set","key":"k","value":1}`, `{"id":2,"version":1}`)
	b.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":1,"version":1}`)
}

// A child that fails takes nothing along.
func TestChildFails(t *testing.T) {
	p, c := pair(t, Config{}, Config{})
	p.start(1)
	p.at("1 serving")
	c.start(2)
	a, b := p.client(1), c.client(2)
	b.ask(`{"id":2,"op":"set","key":"k","value":1}`, `{"id":2,"version":1}`)
	b.ask(`{"id":3,"op":"define","key":"d"}`, `{"id":3,"run":true}`)
	a.send(`{"id":3,"op":"define","key":"d"}`)
	a.quiet()
	p.Unlend()
	a.hears(`{"id":3,"run":true}`)
	a.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":1,"version":1}`)
	if _, err := b.lines.ReadByte(); err == nil {
		t.Error("the child's program is still connected")
	}
}

// Programs of both generations count, on many connections, while the store moves.
func TestNoIncrementIsLostOrDoubled(t *testing.T) {
	for range 5 {
		p, c := pair(t, Config{}, Config{})
		p.start(1)
		p.at("1 serving")
		c.start(2)
		const clients = 8
		var counting, begun sync.WaitGroup
		stop := make(chan struct{})
		sums := make(chan int, clients)
		begun.Add(clients)
		for i := range clients {
			w := p
			if i%2 == 1 {
				w = c
			}
			client := w.client(map[*world]handoff.GenID{p: 1, c: 2}[w])
			counting.Go(func() { sums <- count(client, i, &begun, stop) })
		}
		begun.Wait()
		if err := p.HandOver(); err != nil {
			t.Error(err)
		}
		close(stop)
		counting.Wait()
		want := 0
		for range clients {
			want += <-sums
		}
		c.client(2).ask(`{"id":2,"op":"add","key":"n","by":0}`, fmt.Sprintf(`{"id":2,"value":%d,"version":%d}`, want, want+1))
		p.Unlend()
	}
}

// count adds again and again, some requests at a time, and returns how often that was acknowledged.
func count(c *client, i int, begun *sync.WaitGroup, stop chan struct{}) (sum int) {
	for n := 0; ; n++ {
		if n == 3 {
			begun.Done()
		}
		select {
		case <-stop:
			if n > 3 {
				return sum
			}
		default:
		}
		var lines []string
		for id := range 1 + i*5 {
			lines = append(lines, fmt.Sprintf(`{"id":%d,"op":"add","key":"n"}`, id+1))
		}
		c.send(lines...)
		for id := range lines {
			if got := c.line(); !strings.HasPrefix(got, fmt.Sprintf(`{"id":%d,"value":`, id+1)) {
				c.Error(got)
				return sum
			}
			sum++
		}
	}
}

// What a client has not read yet travels, too.
func TestSlowReaderMoves(t *testing.T) {
	p, c := pair(t, Config{}, Config{})
	p.start(1)
	p.at("1 serving")
	slow := p.client(1)
	value := strings.Repeat("v", 1<<20-2)
	slow.ask(`{"id":2,"op":"set","key":"k","value":"`+value+`"}`, `{"id":2,"version":1}`)
	const answers = 9
	for i := range answers {
		slow.send(fmt.Sprintf(`{"id":%d,"op":"get","key":"k"}`, i+3))
	}
	if err := p.HandOver(); err != nil {
		t.Fatal(err)
	}
	for i := range answers {
		slow.hears(fmt.Sprintf(`{"id":%d,"value":"%s","version":1}`, i+3, value))
	}
	slow.quiet()
	_ = c
}
