package connections

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// beginMoves returns a family whose older generation may serve again.
func beginMoves(t *testing.T, w waits) (f *family, giver *fakeThread) {
	t.Helper()
	f = beginFamily(t, w)
	f.a.links.Lock()
	f.a.order = nil // it has drained once
	f.a.retired, f.a.retire = context.WithCancel(context.Background())
	f.a.links.Unlock()
	f.a.Drain(DrainOptions{Moves: true, Reserve: true})
	th := f.thread().say(hello, listens)
	if o := th.told(); o == nil || o.Type != "drain" || !o.Moves {
		t.Fatalf("told %+v", o)
	}
	return f, th
}

// moves gives the server's side of a connection away, between two requests.
func (th *fakeThread) moves(server *net.TCPConn) {
	th.t.Helper()
	raw := testkit.Must(server.SyscallConn())(th.t)
	testkit.NoError(th.t, raw.Control(func(fd uintptr) { th.SayWith(int(fd), `{"type":"move","at":"here"}`) }))
	server.Close()
}

// echoes demands that the client's bytes come back by the server's side.
func echoes(t *testing.T, client, server net.Conn, text string) {
	t.Helper()
	go func() { _, _ = io.CopyN(server, server, int64(len(text))) }()
	testkit.Must(client.Write([]byte(text)))(t)
	b := make([]byte, len(text))
	if _, err := io.ReadFull(client, b); err != nil || string(b) != text {
		t.Errorf("%q came back, %v", b, err)
	}
}

// A connection goes to the next generation with what the client has sent already, and the client sees no end.
func TestAConnectionMoves(t *testing.T) {
	f, th := beginMoves(t, usualWaits)
	k := f.taker(listens)
	before := descriptors(t)
	for i := range 20 {
		client, server := client(t)
		testkit.Must(client.Write([]byte("early ")))(t)
		th.moves(server)
		order, conn := k.offered()
		if order.Type != "conn" || order.At != "here" || order.Stays || order.Load != nil {
			t.Fatalf("%+v", order)
		}
		// the thread has told no state
		f.wait("it is on its way", func(s State) bool { return s.Connections == 2 && s.Busy == 2 })
		k.answer(order, "")
		f.wait("it has moved", func(s State) bool { return s.Moved == i+1 && s.Connections == 1 && s.Busy == 1 })
		b := make([]byte, 6)
		if _, err := io.ReadFull(conn, b); err != nil || string(b) != "early " {
			t.Fatalf("%q, %v", b, err)
		}
		echoes(t, client, conn, "ping")
		k.owns(order)
		client.Close()
		conn.Close()
	}
	fewer(t, before)
}

// Whoever gave a connection away that nobody takes has it back, and is told that it stays.
func TestAConnectionComesBack(t *testing.T) {
	for why, play := range map[error]func(f *family){ // TestWhomNobodyTakes has the other reasons
		errNobody: func(f *family) { f.successor.Store(9) }, // a generation without adapter
		errGone:   func(f *family) { k := f.taker(listens); go func() { _, c := k.offered(); c.Close(); k.Close() }() },
		errLate:   func(f *family) { f.taker(listens) },
	} {
		t.Run(why.Error(), func(t *testing.T) {
			f, th := beginMoves(t, waitsFor(why))
			play(f)
			client, server := client(t)
			before := descriptors(t)
			th.moves(server)
			order, conn := th.offered()
			if !order.Stays {
				t.Fatalf("%+v", order)
			}
			th.say(fmt.Sprintf(`{"type":"taken","id":%d}`, order.ID))
			echoes(t, client, conn, "ping")
			conn.Close()
			fewer(t, before)
		})
	}
}

// If whoever gave a connection away has gone, the connection waits for a process that serves and is late, as new
// clients of that process do.
func TestAConnectionWaitsForAProcessThatIsLate(t *testing.T) {
	f, th := beginMoves(t, waitsFor(nil))
	k := f.taker(listens)
	client, server := client(t)
	th.moves(server)
	th.Close()
	testkit.Eventually(t, func() error {
		f.a.links.Lock()
		defer f.a.links.Unlock()
		if len(f.a.links.Links) > 0 {
			return errors.New("whoever gave the connection away is there")
		}
		return nil
	})
	for _, why := range []string{cameLate, ""} {
		order, conn := k.offered()
		defer conn.Close()
		k.answer(order, why)
		if why == "" {
			echoes(t, client, conn, "ping")
		}
	}
}

// An answer that lies there unread when the time is over counts: hotswap may have got no processor until then.
func TestAnswerToAnOfferIsReadBeforeItsTimeIsOver(t *testing.T) {
	late := time.NewTimer(0)
	time.Sleep(time.Millisecond) // the timer has fired
	o := &offer{answer: make(chan error)}
	go func() { o.answer <- nil }()
	if err := o.wait(late, testPatience); err != nil {
		t.Error(err)
	}
	if err := o.wait(time.NewTimer(0), time.Millisecond); err != errLate {
		t.Error(err)
	}
}

// With stop-first the connection waits for the next generation, for which the older one ends, and is not waited for.
func TestAConnectionWaitsForTheNextGeneration(t *testing.T) {
	f, th := beginMoves(t, usualWaits)
	f.successor.Store(0)
	f.awaited.Store(true)
	f.a.Drain(DrainOptions{Moves: true, StopFirst: true})
	th.hears("drain")
	client, server := client(t)
	th.say(`{"type":"state","connections":1,"busy":0}`)
	th.moves(server)
	f.wait("nothing keeps it", func(s State) bool { return s.Connections == 1 && s.Busy == 0 })
	testkit.Eventually(t, func() error {
		if n := len(f.shared.idle); n != 1 {
			return fmt.Errorf("%d connections wait", n)
		}
		return nil
	})
	f.end()
	k := f.taker(listens)
	f.successor.Store(4)
	order, conn := k.offered()
	k.answer(order, "")
	echoes(t, client, conn, "ping")
	conn.Close()
}

// The client of a process that crashes in probation goes back, with the request that the process had not read. One of
// which the process had read something ends as with any crash.
func TestAConnectionSurvivesACrash(t *testing.T) {
	for name, c := range map[string]struct{ read, retired, owned bool }{"untouched": {}, "touched": {read: true},
		"after probation": {retired: true}, "owned": {owned: true}} {
		t.Run(name, func(t *testing.T) {
			f, th := beginMoves(t, waitsFor(nil))
			k := f.taker(listens)
			client, server := client(t)
			th.moves(server)
			order, conn := k.offered()
			k.answer(order, "")
			f.wait("it has moved", func(s State) bool { return s.Moved == 1 })
			testkit.Eventually(t, func() error {
				f.shared.mu.Lock()
				defer f.shared.mu.Unlock()
				if len(f.shared.lent) != 1 {
					return fmt.Errorf("hotswap has %d duplicates", len(f.shared.lent))
				}
				return nil
			})
			if c.owned { // the program has closed it: the client sees that, although probation lasts
				k.owns(order)
				conn.Close()
				if _, err := client.Read(make([]byte, 1)); err != io.EOF {
					t.Error(err)
				}
				return
			}
			testkit.Must(client.Write([]byte("request")))(t)
			if c.read {
				testkit.Must(io.ReadFull(conn, make([]byte, 3)))(t)
			}
			if c.retired {
				f.a.Drain(DrainOptions{Moves: true})
				th.hears("drain")
			}
			f.successor.Store(3) // it serves again
			f.a.Drain(DrainOptions{Reserve: true})()
			th.hears("drain")
			th.hears("resume")
			conn.Close()
			k.Close()
			if c.read || c.retired {
				if _, err := client.Read(make([]byte, 1)); err == nil {
					t.Error("the client reads something")
				}
				return
			}
			again, held := th.offered()
			if again.Stays {
				t.Fatalf("%+v", again)
			}
			b := make([]byte, 7)
			if _, err := io.ReadFull(held, b); err != nil || string(b) != "request" {
				t.Errorf("%q, %v", b, err)
			}
			held.Close()
		})
	}
}

// A generation that gives a connection back, by a rollback, is its owner no more: its end moves nothing.
func TestAConnectionHasOneOwner(t *testing.T) {
	f, th := beginMoves(t, usualWaits)
	k := f.taker(listens)
	_, server := client(t)
	th.moves(server)
	order, conn := k.offered()
	k.answer(order, "")
	f.wait("it has moved", func(s State) bool { return s.Moved == 1 })
	f.successor.Store(3)
	f.a.Drain(DrainOptions{Reserve: true})()
	th.hears("drain")
	th.hears("resume")
	f.next.Drain(DrainOptions{Moves: true})
	k.moves(conn.(*net.TCPConn))
	th.hears("conn")
	th.say(`{"type":"taken","id":1}`)
	testkit.Eventually(t, func() error {
		f.next.links.Lock()
		defer f.next.links.Unlock()
		if f.next.moved != 1 {
			return fmt.Errorf("%d have moved back", f.next.moved)
		}
		return nil
	})
	k.Close()
	testkit.Eventually(t, func() error {
		f.next.links.Lock()
		defer f.next.links.Unlock()
		if len(f.next.links.Links) > 0 {
			return errors.New("the thread is still known")
		}
		return nil
	})
	f.a.Drain(DrainOptions{}) // were the connection offered again, that order would come behind
	th.hears("drain")
}

// Too many connections at once wait where they are.
func TestABoundOfConnections(t *testing.T) {
	f, th := beginMoves(t, usualWaits)
	k := f.taker(listens)
	for f.shared.wait() { // hotswap has descriptors for as many
	}
	_, server := client(t)
	th.moves(server)
	th.say(`{"type":"state","connections":77}`)
	if len(f.a.moving) != 0 || f.a.State().Connections == 77 {
		t.Error("the thread is read")
	}
	f.shared.waited()
	order, conn := k.offered()
	conn.Close()
	k.answer(order, "")
	f.wait("the thread is read again", func(s State) bool { return s.Connections == 77 })
	for i := range maxAddresses + 1 {
		th.say(fmt.Sprintf(`{"type":"listening","port":1,"at":"%d"}`, i))
	}
	th.say(`{"type":"state","connections":78}`)
	f.wait("all places", func(s State) bool { return s.Connections == 78 })
	f.a.links.Lock()
	defer f.a.links.Unlock()
	for _, m := range f.a.links.Links {
		if len(m.addresses) != maxAddresses {
			t.Errorf("%d places", len(m.addresses))
		}
	}
}

// A client that waited for a dead generation is given to a process that serves at the same place.
func TestAWaitingClientIsAdopted(t *testing.T) {
	f, _ := beginMoves(t, usualWaits)
	client, server := client(t)
	file := testkit.Must(server.File())(t)
	fd := testkit.Must(unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0))(t)
	file.Close()
	server.Close()
	for _, at := range []string{"there", "here"} {
		if f.shared.Adopt(at, fd) {
			t.Fatalf("somebody has taken it at %s", at)
		}
	}
	k := f.taker(listens)
	before := descriptors(t)
	if !f.shared.Adopt("here", fd) {
		t.Fatal("nobody has taken it")
	}
	order, conn := k.offered()
	if order.Type != "conn" {
		t.Fatalf("%+v", order)
	}
	k.answer(order, "")
	echoes(t, client, conn, "ping")
	conn.Close()
	fewer(t, before-1)
}

// A thread has a bounded number of offers at once, so that its queue never overflows and it takes all.
func TestManyConnectionsMove(t *testing.T) {
	f, th := beginMoves(t, waitsFor(nil))
	k := f.taker(listens)
	const many = 3 * maxOffers
	for range many {
		_, server := client(t)
		th.moves(server)
	}
	var next *thread
	f.next.links.Lock()
	for _, next = range f.next.links.Links {
	}
	f.next.links.Unlock()
	testkit.Eventually(t, func() error {
		if len(next.slots) != maxOffers {
			return fmt.Errorf("%d offers", len(next.slots))
		}
		return nil
	})
	for n := range many {
		order, conn := k.offered()
		f.next.links.Lock()
		if got := f.next.offers; got > n+maxOffers {
			t.Errorf("%d were offered, %d answered", got, n)
		}
		f.next.links.Unlock()
		k.answer(order, "")
		conn.Close()
	}
	f.wait("all have moved", func(s State) bool { return s.Moved == many })
}
