package place

import (
	"net"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

func TestPlace(t *testing.T) {
	w := begin(t, 1)
	c := w.client(1)
	c.ask(`{"id":3,"op":"place","handles":true}`, `{"id":3,"event":"place","seq":1,"state":"starting","serving":false}`)
	w.at("1 serving")
	c.hears(`{"id":3,"event":"place","seq":2,"state":"serving","serving":true}`)
	w.at("1 serving", "2 starting") // nothing has changed for it
	w.at("1 held", "2 serving")
	c.hears(`{"id":3,"event":"place","seq":3,"state":"held","serving":false}`)
	c.ask(`{"id":4,"op":"place"}`, `{"id":4,"event":"place","seq":3,"state":"held","serving":false}`)
	w.at("1 draining", "2 serving")
	c.hears2(`{"id":3,"event":"place","seq":4,"state":"draining","serving":false}`,
		`{"id":4,"event":"place","seq":4,"state":"draining","serving":false}`)
	handled := w.Drained(1)
	c.hears2(`{"id":3,"event":"drained","seq":5}`, `{"id":4,"event":"drained","seq":5}`)
	c.send(`{"id":3,"op":"done","seq":4}`)
	c.quiet()
	select {
	case <-handled:
		t.Fatal("an older done counts")
	default:
	}
	c.send(`{"id":3,"op":"done","seq":5}`)
	<-handled
}

// Nothing is waited for where no client handles anything, and no longer than the clients live.
func TestDrainedWaitsForClientsOnly(t *testing.T) {
	w := newWorld(t, Config{})
	if w.Drained(7) != nil {
		t.Error("an unknown generation is waited for")
	}
	w.start(1)
	w.at("1 draining")
	if w.Drained(1) != nil {
		t.Error("nobody is waited for")
	}
	c := w.client(1)
	c.ask(`{"id":3,"op":"place"}`, `{"id":3,"event":"place","seq":2,"state":"draining","serving":false}`,
		`{"id":3,"event":"drained","seq":3}`)
	if w.Drained(1) != nil {
		t.Error("a client that handles nothing is waited for")
	}
	c.hears(`{"id":3,"event":"drained","seq":4}`)
	c.ask(`{"id":4,"op":"place","handles":true}`, `{"id":4,"event":"place","seq":2,"state":"draining","serving":false}`,
		`{"id":4,"event":"drained","seq":4}`)
	handled := w.Drained(1)
	c.conn.Close()
	<-handled
}

// A process that has lost its connection alone asks again when its work has ended: then the lease is free. It may be
// faster than the end of that connection. No other process can say so, and it counts for that claim only.
func TestLeaseOfALostConnection(t *testing.T) {
	for _, closes := range []bool{true, false} {
		w := begin(t, 1)
		w.at("1 serving")
		lost, other, again := w.client(1), w.client(1), w.client(1)
		lost.ask(`{"id":2,"op":"lease","name":"cron","claim":17}`, `{"id":2,"event":"granted"}`)
		if closes {
			lost.conn.Close()
		}
		h := w.holder(t, w.env[1]) // another process, whose claim has that name, too
		h.says(grantedLine)
		other.send(`{"id":2,"op":"lease","name":"cron","claim":18}`, `{"id":3,"op":"lease","name":"job","claim":17}`)
		other.quiet()
		again.send(`{"id":2,"op":"lease","name":"cron","claim":17}`)
		other.hears(`{"id":2,"event":"granted"}`) // it asked first
		again.quiet()
		other.ask(`{"id":2,"op":"release"}`, `{"id":2,"released":true}`)
		again.hears(`{"id":2,"event":"granted"}`)
		again.ask(`{"id":2,"op":"release"}`, `{"id":2,"released":true}`)
		if !closes {
			lost.ask(`{"id":2,"op":"release"}`,
				`{"id":2,"error":"request 2 is not an open one for a lease","code":"bad-request"}`)
		}
	}
}

func TestLease(t *testing.T) {
	w := begin(t, 1, 2)
	a, a2, b := w.client(1), w.client(1), w.client(2)
	w.at("1 serving", "2 starting")
	a.ask(`{"id":2,"op":"lease","name":"cron"}`, `{"id":2,"event":"granted"}`)
	a2.send(`{"id":2,"op":"lease","name":"cron"}`)
	a2.quiet()
	b.send(`{"id":2,"op":"lease","name":"cron"}`)
	b.quiet()
	a.quiet()
	w.at("1 held", "2 serving")
	a.hears(`{"id":2,"event":"revoke"}`)
	b.quiet()
	a.ask(`{"id":2,"op":"release"}`, `{"id":2,"released":true}`)
	b.hears(`{"id":2,"event":"granted"}`)
	a2.quiet()
	b.ask(`{"id":3,"op":"lease","name":"other"}`, `{"id":3,"event":"granted"}`)
	w.at("1 serving", "2 draining")
	got := map[string]bool{b.line(): true, b.line(): true}
	if !got[`{"id":2,"event":"revoke"}`] || !got[`{"id":3,"event":"revoke"}`] {
		t.Errorf("%v", got)
	}
	b.conn.Close() // the process lives
	a.quiet()
	a2.quiet()
	w.end[2]()
	a2.hears(`{"id":2,"event":"granted"}`)
	a2.ask(`{"id":2,"op":"cancel"}`, `{"id":2,"error":"the request was cancelled","code":"canceled"}`)
	a.ask(`{"id":5,"op":"lease","name":"cron"}`, `{"id":5,"event":"granted"}`)
}

// hears2 reads lines in any order.
func (c *client) hears2(a, b string) {
	c.Helper()
	if x, y := c.line(), c.line(); (x != a || y != b) && (x != b || y != a) {
		c.Fatalf("got  %s\nand  %s\nwant %s\nand  %s", x, y, a, b)
	}
}

// The stop signal would interrupt what runs under a lease.
func TestDrainedWaitsForLeases(t *testing.T) {
	w := begin(t, 1)
	w.at("1 serving")
	c := w.client(1)
	c.ask(`{"id":2,"op":"lease","name":"a"}`, `{"id":2,"event":"granted"}`)
	c.ask(`{"id":3,"op":"lease","name":"b"}`, `{"id":3,"event":"granted"}`)
	c.send(`{"id":4,"op":"lease","name":"a"}`) // one that waits is not waited for
	c.quiet()
	w.at("1 draining")
	handled := w.Drained(1)
	if handled == nil {
		t.Fatal("leases that are held are not waited for")
	}
	c.hears2(`{"id":2,"event":"revoke"}`, `{"id":3,"event":"revoke"}`)
	c.ask(`{"id":2,"op":"release"}`, `{"id":2,"released":true}`)
	c.quiet()
	select {
	case <-handled:
		t.Fatal("a lease that is held is not waited for")
	default:
	}
	c.ask(`{"id":3,"op":"release"}`, `{"id":3,"released":true}`)
	<-handled
	if w.Drained(1) != nil {
		t.Error("leases that were released are waited for")
	}
	c.ask(`{"id":4,"op":"cancel"}`, `{"id":4,"error":"the request was cancelled","code":"canceled"}`)
	gone := w.client(1)
	w.at("1 serving")
	gone.ask(`{"id":2,"op":"lease","name":"b"}`, `{"id":2,"event":"granted"}`)
	w.at("1 draining")
	handled = w.Drained(1)
	gone.conn.Close() // nobody will release the lease
	<-handled
}

// A program whose socket cannot be opened must not take itself for one that runs without hotswap.
func TestSocketThatCannotBeOpened(t *testing.T) {
	var why error
	s := New(Config{Folder: scratch.In("/dev/null"), Store: store.New(store.Standard), Without: func(err error) {
		why = err
	}})
	l := &handoff.Launch{Gen: 1, Env: []string{"A=b", Variable + "=/of/another"}}
	_, err := s.Prepare(l)
	if err != nil || why == nil {
		t.Fatalf("%v; it says %v", err, why)
	}
	if want := []string{"A=b", Variable + "=" + nowhere}; !slices.Equal(l.Env, want) {
		t.Errorf("the environment is %q", l.Env)
	}
	if conn, err := net.Dial("unix", nowhere); err == nil {
		conn.Close()
		t.Error("somebody listens there")
	}
}
