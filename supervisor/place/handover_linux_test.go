package place

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// pair returns the servers of a parent and a child that is about to take over. The child has the parent's store
// then.
func pair(t *testing.T) (p, c *world, owned *atomic.Int32) {
	t.Helper()
	ours, theirs, err := rights.Pair()
	if err != nil {
		t.Fatal(err)
	}
	link, err := rights.Conn(theirs)
	if err != nil {
		t.Fatal(err)
	}
	owned = new(atomic.Int32)
	below := func(int) []int { return []int{os.Getpid()} }
	p = newWorld(t, Config{Below: below, Hand: func(to io.Writer) error { _, err := io.WriteString(to, "all"); return err }})
	c = newWorld(t, Config{Below: below, Ready: true, Own: func(from io.Reader) {
		if from != nil {
			if b, err := io.ReadAll(from); err != nil || string(b) != "all" {
				t.Errorf("%q, %v", b, err)
			}
		}
		owned.Add(1)
	}})
	c.Borrow(link)
	p.Lend(ours)
	t.Cleanup(p.Unlend)
	return p, c, owned
}

// gone waits for the end of the connection.
func (c *client) gone() {
	c.Helper()
	if line, err := c.lines.ReadString('\n'); err == nil {
		c.Fatalf("got %s", line)
	}
}

// The parent serves the programs of both until it hands everything over. Then their clients connect again.
func TestHandOver(t *testing.T) {
	p, c, owned := pair(t)
	p.start(1)
	p.at("1 serving")
	c.start(2)
	c.at("2 starting")
	a := p.client(1)
	b := c.client(2) // served by the parent
	a.ask(`{"id":2,"op":"set","key":"k","value":1}`, `{"id":2,"version":1}`)
	b.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":1,"version":1}`)
	b.ask(`{"id":3,"op":"place"}`, `{"id":3,"event":"place","seq":1,"state":"starting","serving":false}`)
	a.ask(`{"id":4,"op":"lease","name":"cron","claim":17}`, `{"id":4,"event":"granted"}`)
	a.ask(`{"id":5,"op":"place","handles":true}`, `{"id":5,"event":"place","seq":2,"state":"serving","serving":true}`)
	b.ask(`{"id":6,"op":"ready"}`, `{"id":6,"ok":true}`)
	b.ask(`{"id":7,"op":"extend","ms":1000}`, `{"id":7,"ok":true}`)
	for _, want := range []handoff.Event{handoff.ExtendTimeout{Gen: 2, By: time.Second}} {
		if ev := <-c.events; ev != want {
			t.Errorf("the child hears %v", ev)
		}
	}
	if err := p.HandOver(); err != nil {
		t.Fatal(err)
	}
	if owned.Load() != 1 {
		t.Error("the child has not got the store")
	}
	a.gone()
	b.gone()
	p.at("1 draining")
	c.at("2 serving")
	b = c.client(2)
	b.ask(`{"id":3,"op":"place"}`, `{"id":3,"event":"place","seq":2,"state":"serving","serving":true}`)
	b.send(`{"id":4,"op":"lease","name":"cron"}`)
	b.quiet() // what ran under it may still run
	done := p.Drained(1)
	a = p.client(1)                                                          // at its old path
	a.ask(`{"id":2,"op":"add","key":"n"}`, `{"id":2,"value":1,"version":1}`) // the child has a store of its own here
	a.ask(`{"id":3,"op":"lease","name":"cron","ended":17}`)
	b.hears(`{"id":4,"event":"granted"}`)
	a.send(`{"id":5,"op":"place","handles":true}`)
	if line := a.line(); line != `{"id":5,"event":"place","seq":2,"state":"draining","serving":false,"deadlineMs":0}` {
		t.Error(line)
	}
	a.hears(`{"id":5,"event":"drained","seq":3}`)
	select {
	case <-done:
		t.Error("the program has not answered")
	default:
	}
	a.send(`{"id":5,"op":"done","seq":3}`)
	select {
	case <-done:
	case <-time.After(waitBound):
		t.Error("the parent is not told that the program has answered")
	}
	p.end[1]()
	p.Unlend() // the parent ends
	a.gone()
	b.quiet()
}

// A child that fails leaves everything as it was.
func TestChildFails(t *testing.T) {
	p, c, _ := pair(t)
	p.start(1)
	p.at("1 serving")
	c.start(2)
	a, b := p.client(1), c.client(2)
	a.ask(`{"id":2,"op":"lease","name":"cron"}`, `{"id":2,"event":"granted"}`)
	p.Unlend()
	b.gone()
	a.ask(`{"id":3,"op":"add","key":"n"}`, `{"id":3,"value":1,"version":1}`)
	p.start(3)
	p.at("1 held", "3 serving")
	p.client(3).send(`{"id":2,"op":"lease","name":"cron"}`)
	a.hears(`{"id":2,"event":"revoke"}`)
}

// If the parent is killed, the child goes on with what it can have.
func TestParentIsKilled(t *testing.T) {
	p, c, owned := pair(t)
	c.start(2)
	p.Unlend()
	c.client(2).ask(`{"id":2,"op":"add","key":"n"}`, `{"id":2,"value":1,"version":1}`)
	if owned.Load() != 1 {
		t.Error("the child does not own the store")
	}
}

// What was answered was done, and what was not answered was not, so a client may ask again.
func TestNoIncrementIsLostOrDoubled(t *testing.T) {
	p, c, _ := pair(t)
	p.start(1)
	p.at("1 serving")
	var counted [8]int
	var counting sync.WaitGroup
	for i := range counted {
		a := p.client(1)
		counting.Go(func() {
			for {
				if _, err := a.conn.Write([]byte(`{"id":2,"op":"add","key":"n"}` + "\n")); err != nil {
					return
				}
				if _, err := a.lines.ReadString('\n'); err != nil {
					return
				}
				counted[i]++
			}
		})
	}
	for p.cfg.Store.Stats().Keys == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(10 * time.Millisecond)
	if err := p.HandOver(); err != nil {
		t.Fatal(err)
	}
	counting.Wait()
	sum := 0
	for _, n := range counted {
		sum += n
	}
	got := 0
	_ = p.cfg.Store.Do(func(tx *store.Tx) {
		item, _ := tx.Get("n")
		for _, d := range item.Value.JSON {
			got = 10*got + int(d-'0')
		}
	})
	if got != sum || sum == 0 {
		t.Errorf("%d were acknowledged, the sum is %d", sum, got)
	}
	_ = c
}
