package node

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pass passes the server's side of a kept connection, and keeps it open.
func (th *fakeThread) pass(server *net.TCPConn, id int) {
	th.t.Helper()
	file, err := server.File()
	if err != nil {
		th.t.Fatal(err)
	}
	defer file.Close()
	fd := int(file.Fd())
	_ = unix.SetNonblock(fd, true) // Fd has made it blocking, for all who have it
	th.sendWith(fd, fmt.Sprintf(`{"type":"pass","id":%d,"port":4000,"fresh":%v}`, id, id%2 == 0))
}

// passed demands the next order to be the outcome of a pass.
func (th *fakeThread) passed(id int, why string) {
	th.t.Helper()
	if o := th.told(); o == nil || o.Type != "passed" || o.ID != id || o.Error != why {
		th.t.Fatalf("told %+v, want the outcome of %d: %q", o, id, why)
	}
}

// exchange demands that what one end writes arrives at the other.
func exchange(t *testing.T, from, to net.Conn) {
	t.Helper()
	_, _ = from.Write([]byte("ping"))
	var b [4]byte
	if _, err := io.ReadFull(to, b[:]); err != nil || string(b[:]) != "ping" {
		t.Fatalf("%q, %v", b, err)
	}
}

func TestAKeptConnectionIsPassedOn(t *testing.T) {
	f := beginFamily(t, usualWaits)
	th, k := f.giver(), f.taker(listens)
	before := descriptors(t)
	for id := 1; id <= 50; id++ {
		c, server := client(t)
		th.pass(server, id)
		order, conn := k.offered()
		if conn == nil {
			t.FailNow()
		}
		if !order.HTTP || order.Port != 4000 || order.Fresh != (id%2 == 0) || order.Load != nil || time.Until(time.UnixMilli(order.UntilMS)) > usualWaits.take {
			t.Fatalf("%+v", order)
		}
		k.answer(order, "")
		th.passed(id, "")
		server.Close() // as the old process does, and the client does not notice
		exchange(t, c, conn)
		exchange(t, conn, c)
		c.Close()
		conn.Close()
	}
	fewer(t, before)
	if f.probed.Load() != 0 {
		t.Errorf("probed %d times", f.probed.Load())
	}
}

// A connection that no process takes is still that of the thread that wanted to pass it.
func TestAConnectionThatNobodyTakesIsKept(t *testing.T) {
	errNo := errors.New("no")
	for name, c := range map[string]struct {
		why  error
		play func(f *family)
	}{
		"the same generation": {errNobody, func(f *family) { f.successor.Store(3) }},
		"it refuses": {errNo, func(f *family) {
			k := f.taker(listens)
			go func() { o, c := k.offered(); c.Close(); k.answer(o, "no") }()
		}},
		"it goes": {errGone, func(f *family) { k := f.taker(listens); go func() { _, c := k.offered(); c.Close(); k.conn.Close() }() }},
	} {
		t.Run(name, func(t *testing.T) {
			f := beginFamily(t, waitsFor(c.why))
			th := f.giver()
			before := descriptors(t)
			c.play(f)
			client, server := client(t)
			th.pass(server, 1)
			th.passed(1, c.why.Error())
			exchange(t, server, client)
			client.Close()
			server.Close()
			f.endBoth()
			fewer(t, before)
		})
	}
}

// A generation that serves again keeps its connections.
func TestAfterARollbackNothingIsPassed(t *testing.T) {
	f := beginFamily(t, usualWaits)
	th := f.giver()
	f.taker(listens)
	f.a.Resume()
	if o := th.told(); o == nil || o.Type != "resume" {
		t.Fatalf("told %+v", o)
	}
	_, server := client(t)
	th.pass(server, 1)
	th.passed(1, errBack.Error())
}

func (a *Session) responsive() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.servingLocked(4000)
}

// Two processes must not read from one connection: it is given back only when it is certain
// that the other does not have it.
func TestAConnectionIsGivenBackWhenItIsRefused(t *testing.T) {
	f := beginFamily(t, waits{take: 50 * time.Millisecond, grace: 20 * time.Millisecond, successor: 50 * time.Millisecond, spread: time.Minute})
	th, k := f.giver(), f.taker(listens)
	_, server := client(t)
	th.pass(server, 1)
	order, conn := k.offered()
	conn.Close()
	for end := time.Now().Add(testPatience); f.next.responsive() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the thread is still waited for")
		}
	}
	k.answer(order, "it came too late")
	th.passed(1, "it came too late")

	_, server = client(t)
	silent := f.taker(listens) // its turn has come
	th.pass(server, 2)
	_, conn = silent.offered()
	conn.Close()
	f.end() // the old process has gone: nobody can have it back, and nobody waits
	if o := th.told(); o != nil {
		t.Errorf("told %+v", o)
	}
	f.endBoth()
	if k.scan.Scan() {
		t.Errorf("another thread is told %s", k.scan.Bytes())
	}
}

// Connections of two threads move when two threads serve, and to both.
func TestKeptConnectionsSpread(t *testing.T) {
	f := beginFamily(t, waits{take: 5 * time.Second, grace: time.Second, successor: time.Second, spread: time.Minute})
	th := f.giver()
	f.giver()
	f.wait("two threads", func(State) bool { return f.a.responsive() == 2 })
	one := f.taker(listens)
	came := make(chan *taker, 1)
	onProbe := func() {
		if f.probed.Load() == 2 {
			came <- f.taker(listens)
		}
	}
	f.onProbe.Store(&onProbe)
	_, server := client(t)
	th.pass(server, 1)
	two := <-came
	order, conn := one.offered()
	conn.Close()
	one.answer(order, "")
	th.passed(1, "")
	th.pass(server, 2)
	order, conn = two.offered()
	conn.Close()
	two.answer(order, "")
	th.passed(2, "")
	if n := f.probed.Load(); n != 2 {
		t.Errorf("probed %d times", n)
	}
}

// With fewer threads than before nothing moves, and only the first connection waits for them.
func TestKeptConnectionsOfMoreThreads(t *testing.T) {
	f := beginFamily(t, waits{take: 5 * time.Second, grace: time.Second, successor: time.Second, spread: 50 * time.Millisecond})
	th := f.giver()
	f.giver()
	f.wait("two threads", func(State) bool { return f.a.responsive() == 2 })
	f.taker(listens)
	_, server := client(t)
	for id := 1; id <= 3; id++ {
		th.pass(server, id)
		th.passed(id, errFewer.Error())
	}
	if n := f.probed.Load(); n == 0 || n > 3 {
		t.Errorf("probed %d times", n)
	}
}
