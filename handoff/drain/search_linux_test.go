package drain

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/peer"
)

// searching has answered a request of a client that was known to be harmless at the drain's beginning, after a search that
// took so long. look looks at its connection, so much later; input is held.
func searching(t *testing.T, searched time.Duration) (e *ends, d *Drain, c *conn, look func(later time.Duration)) {
	t.Helper()
	e = newEnds(t)
	cfg := e.config()
	cfg.Mover = &keeper{}
	d = New(cfg)
	d.start, d.searched = time.Now(), searched
	c = &conn{near: true, hold: true, whoAt: 1, who: peer.Peer{Harmless: true}}
	c.local, c.peer, _ = endsOf(e.fd)
	look = func(later time.Duration) {
		t.Helper()
		d.start = d.start.Add(-later)
		d.inspect(c, e.look(), e.hand(), new(Report))
	}
	look(0)
	e.ask(e.get())
	look(0)
	e.answer(strings.Repeat("answer", 20))
	until(t, func() bool { look(0); return c.state.held })
	return e, d, c, look
}

// Where it takes long to find out who the clients are, what a search has found counts for longer: else no request would
// ever move.
func TestSlowSearchesCount(t *testing.T) {
	for searched, moves := range map[time.Duration]bool{0: false, settled: true} {
		e, d, c, look := searching(t, searched)
		d.start = d.start.Add(-settled - settled/2)
		e.send(e.get())
		until(t, func() bool { return e.look().Unread > 0 })
		for range 3 {
			if !c.moved {
				look(0)
			}
		}
		if c.moved != moves || (c.asksAt != 0) == moves {
			t.Errorf("a search took %v: moved %v, asks since %v", searched, c.moved, c.asksAt)
		}
	}
}

// On a busy machine a search takes long and few looks come. A request waits until its search has found out who the client is:
// the result is too old for the next request of a client that pauses. Where a search takes much longer, the program answers.
func TestRequestWaitsForItsSearch(t *testing.T) {
	for _, searched := range []time.Duration{settled, time.Minute} {
		e, d, c, look := searching(t, searched)
		e.send(e.get())
		until(t, func() bool { return e.look().Unread > 0 })
		look(0)
		look(3 * searched)
		for range 3 {
			if look(settled / 2); c.asksAt == 0 || !c.state.held {
				t.Fatalf("asks since %v, held %v", c.asksAt, c.state.held)
			}
		}
		if searched > settled {
			if look(settled / 2); c.state.held {
				t.Errorf("a search takes %v, and the request waits on after 2 s", searched)
			}
			continue
		}
		c.whoAt, c.asksAt = d.now()-settled, 0 // as findPeers notes
		if look(0); !c.moved {
			t.Error("the request has not moved")
		}
	}
}

// A search that others' work makes long costs no more: the next one does not wait for long.
func TestSearchesAreAsFrequentAsTheirCostAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const long = time.Minute
		d := New(Config{CanGetFD: true, Mover: idler{}, Harmless: func(peer.Ends) bool { time.Sleep(long); return true }})
		d.start = time.Now()
		c := &conn{near: true}
		c.state.seen = true
		d.conns[0] = c
		d.findPeers()
		time.Sleep(long)
		<-d.wake
		d.findPeers()
		if !c.who.Harmless || d.searched != long {
			t.Fatalf("%+v after %v", c.who, d.searched)
		}
		c.asksAt = d.now()
		time.Sleep(long / 4)
		if d.findPeers(); d.lookAt >= 0 {
			t.Errorf("the next search begins in %v", d.lookAt-d.now())
		}
		time.Sleep(long)
	})
}
