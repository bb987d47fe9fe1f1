//go:build linux

package drain

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// counter is an observer of connections that rest. It counts what it is asked.
type counter struct {
	discoveries, looks int
	seen               map[uint64]int // looks at each connection, by cookie
	rest               time.Duration  // at the first look
	began              time.Time
}

func (c *counter) discover(_ []int, conns map[uint64]*conn) {
	c.discoveries++
	for cookie := range c.seen {
		if conns[cookie] == nil {
			conns[cookie] = &conn{cookie: cookie, holders: []holder{{1, 1}}}
		}
	}
}

func (c *counter) look(conns map[uint64]*conn, each func(*conn, sample, *control)) {
	c.looks++
	for cookie, one := range conns {
		c.seen[cookie]++
		age := c.rest + time.Since(c.began)
		each(one, sample{Received: 100, Sent: 100, Acked: 100, ReceivedAge: age + time.Millisecond, SentAge: age}, nil)
	}
}

func (c *counter) unix() int   { return 0 }
func (c *counter) short() bool { return false }
func (c *counter) close()      {}

// paced runs a drain for two seconds of fake time, as long as probation, and returns how often it asked.
func paced(t *testing.T, cfg Config, c *counter, meanwhile func(*Drain), heard func(Report)) (waiting int, last Report) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		cfg.CanGetFD, cfg.Tree = true, func() []int { return []int{1} }
		cfg.Waiting = func() int { waiting++; return 0 }
		d := New(cfg)
		d.open, c.began = func() (observer, error) { return c, nil }, time.Now()
		if meanwhile != nil {
			go meanwhile(d)
		}
		_ = d.Run(ctx, func(r Report) {
			if last = r; heard != nil {
				heard(r)
			}
		})
	})
	return waiting, last
}

// While nobody is connected a drain costs nearly nothing.
func TestDrainWithoutConnectionsRests(t *testing.T) {
	c := &counter{seen: map[uint64]int{}}
	waiting, last := paced(t, Config{}, c, nil, nil)
	if t.Logf("%d passes, %d looks, %d discoveries", waiting, c.looks, c.discoveries); waiting > 60 || c.looks > 60 || c.discoveries > 15 {
		t.Errorf("too many for two seconds")
	}
	if !last.Idle {
		t.Errorf("%+v; want it idle", last)
	}
}

// A connection whose client has rested for long is looked at often enough for the client, and no more.
func TestRestingConnectionIsLookedAtSeldom(t *testing.T) {
	for rest, most := range map[time.Duration]int{0: 250, 10 * time.Second: 120} {
		c := &counter{seen: map[uint64]int{7: 0}, rest: rest}
		_, last := paced(t, Config{}, c, nil, nil)
		if t.Logf("%v: %d looks", rest, c.seen[7]); c.seen[7] > most || last.Connections-last.Busy != 1 {
			t.Errorf("%+v; %d looks at a connection that has rested for %v; want at most %d", last, c.seen[7], rest, most)
		}
	}
}

// Retire wakes a drain that rests, which then looks as often as ever before the program may be told to stop.
func TestRetireWakesADrainThatRests(t *testing.T) {
	c := &counter{seen: map[uint64]int{7: 0}, rest: time.Minute}
	var told, idle time.Duration // since the drain began
	var before, after int
	cfg := Config{Waits: func() bool { return false }}
	paced(t, cfg, c, func(d *Drain) {
		time.Sleep(1500 * time.Millisecond)
		d.Retire()
	}, func(r Report) {
		if r.Retired && told == 0 {
			told, before = time.Since(c.began), c.seen[7]
		}
		if r.Retired && r.Idle && idle == 0 {
			idle, after = time.Since(c.began), c.seen[7]
		}
	})
	if told < 1500*time.Millisecond || idle > 1520*time.Millisecond || after-before < freeLooks-1 {
		t.Errorf("retired after %v, idle after %v, %d looks", told, idle, after-before)
	}
}
