package connections

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// taker returns a thread of the next generation.
func (f *family) taker(lines ...string) *fakeThread {
	f.t.Helper()
	before := f.threads()
	k := &fakeThread{testkit.Connect(f.t, f.path), f.t}
	k.say(append([]string{hello}, lines...)...)
	testkit.Eventually(f.t, func() error {
		if f.threads() == before {
			return errors.New("the thread is not known")
		}
		return nil
	})
	return k
}

func TestAWebSocketIsPassedOn(t *testing.T) {
	f := beginFamily(t, usualWaits)
	th := f.giver()
	f.taker(`{"type":"listening","port":4000,"at":"there"}`)    // another one's
	takers := []*fakeThread{f.taker(listens), f.taker(listens)} // they take turns
	before := descriptors(t)
	for i := range 50 {
		c, server := client(t)
		th.give(server)
		k := takers[i%2]
		order, conn := k.offered()
		if order.At != "here" || string(order.Load) != `{"request":"R0VU"}` ||
			time.Until(time.UnixMilli(order.UntilMS)) > usualWaits.take {
			t.Fatalf("%+v", order)
		}
		k.answer(order, "")
		_, _ = c.Write([]byte("ping"))
		_, _ = io.CopyN(conn, conn, 4)
		var b [4]byte
		if _, err := io.ReadFull(c, b[:]); err != nil || string(b[:]) != "ping" {
			t.Fatalf("%q, %v", b, err)
		}
		c.Close()
		conn.Close()
	}
	fewer(t, before)
	th.say(`{"type":"refused","reason":"deflate"}`, `{"type":"refused","reason":"deflate"}`)
	f.wait("what was told", func(State) bool { f.a.links.Lock(); defer f.a.links.Unlock(); return f.a.stats.Told == 2 })
	f.endBoth()
	if k := <-f.stats; k.Gen != 3 || k.Moved != 50 || len(k.Reasons) != 1 {
		t.Errorf("%+v", k)
	}
}

// waitsFor are long enough for a busy machine, but short where the outcome is that they end.
func waitsFor(why error) waits {
	w := waits{take: testPatience, grace: testPatience, successor: testPatience, slot: testPatience}
	switch why {
	case errNobody:
		w.successor = 50 * time.Millisecond
	case errLate:
		w.take, w.grace = 50*time.Millisecond, 20*time.Millisecond
	case errBusy:
		w.slot = 50 * time.Millisecond
	}
	return w
}

func TestWhomNobodyTakes(t *testing.T) {
	errNo := errors.New("no")
	for name, c := range map[string]struct {
		why  error
		play func(f *family)
	}{
		"nobody serves":       {errNobody, func(f *family) { f.successor.Store(0) }},
		"its own end":         {errNobody, func(f *family) { f.successor.Store(0); f.resume() }},
		"the same generation": {errNobody, func(f *family) { f.successor.Store(3) }},
		"no thread":           {errNobody, func(*family) {}},
		"of another port": {errNobody, func(f *family) {
			f.taker(`{"type":"listening","port":1,"at":"elsewhere"}`)
		}},
		"too many move": {errBusy, func(f *family) {
			for range maxMoving {
				f.a.moving <- struct{}{}
			}
		}},
		"it refuses": {errNo, func(f *family) {
			k := f.taker(listens)
			go func() { o, c := k.offered(); c.Close(); k.answer(o, "no") }()
		}},
		"it goes": {errGone, func(f *family) {
			k := f.taker(listens)
			go func() { _, c := k.offered(); c.Close(); k.Close() }()
		}},
		"it does not answer":        {errLate, func(f *family) { f.taker(listens) }},
		"it answers another number": {errLate, func(f *family) { f.taker(listens).say(`{"type":"taken","id":77}`) }},
	} {
		t.Run(name, func(t *testing.T) {
			f := beginFamily(t, waitsFor(c.why))
			th := f.giver()
			before := descriptors(t)
			c.play(f)
			client, server := client(t)
			th.give(server)
			toldGoodbye(t, client)
			f.endBoth()
			if k := <-f.stats; k.Moved != 0 || k.Told != 1 || k.Reasons[0] != c.why.Error() {
				t.Errorf("%+v", k)
			}
			fewer(t, before)
		})
	}
}

// A thread that serves is asked, however late somebody gets to look for it. A generation may serve a moment before its
// adapter has connected, so its thread is waited for.
func TestAThreadIsFound(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := waitsFor(nil)
		if !late {
			w.successor = 1
		}
		f := beginFamily(t, w)
		th := f.giver()
		_, server := client(t)
		var k *fakeThread
		if !late {
			k = f.taker(listens)
		}
		th.give(server)
		if late {
			for len(f.a.moving) == 0 {
				time.Sleep(time.Millisecond)
			}
			k = f.taker(listens)
		}
		order, conn := k.offered()
		conn.Close()
		k.answer(order, "")
		f.wait("it has moved", func(State) bool {
			f.a.links.Lock()
			defer f.a.links.Unlock()
			return f.a.stats.Moved == 1
		})
	}
}

// After a rollback a generation may have back what it gave.
func TestAGenerationThatServesAgain(t *testing.T) {
	f := beginFamily(t, usualWaits)
	th := f.giver()
	f.successor.Store(3)
	_, server := client(t)
	th.give(server)
	f.resume()
	th.hears("resume")
	th.hears("take")
	th.say(`{"type":"taken","id":1}`)
	f.wait("it is back", func(State) bool { f.a.links.Lock(); defer f.a.links.Unlock(); return f.a.stats.Moved == 1 })
	f.endBoth()
	if k := <-f.stats; k.Moved != 1 || k.Told > 0 {
		t.Errorf("%+v", k)
	}
}
