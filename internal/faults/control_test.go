//go:build linux

package faults

import (
	"encoding/json"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// control hears what the programs of a scene announce, and answers at once
// unless a hold was laid on the step.
type control struct {
	t    *testing.T
	path string

	mu    sync.Mutex // guards what follows
	holds map[mark]*hold
	seen  map[mark]bool // without process ids
	news  chan struct{} // closed and made anew at each mark
}

// hold keeps a generation at a step until it is released.
type hold struct {
	t        *testing.T
	what     mark
	at       chan mark // who is there
	released chan struct{}
	once     sync.Once
}

func newControl(t *testing.T, dir string) *control {
	t.Helper()
	c := &control{t: t, path: filepath.Join(dir, "c"), holds: map[mark]*hold{}, seen: map[mark]bool{},
		news: make(chan struct{})}
	l := testkit.Must(net.Listen("unix", c.path))(t)
	t.Cleanup(func() {
		l.Close()
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, h := range c.holds {
			h.release()
		}
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.answer(conn)
		}
	}()
	return c
}

func (c *control) answer(conn net.Conn) {
	defer conn.Close()
	var m mark
	if json.NewDecoder(conn).Decode(&m) != nil {
		return
	}
	key := mark{Step: m.Step, Gen: m.Gen}
	c.mu.Lock()
	c.seen[key] = true
	close(c.news)
	c.news = make(chan struct{})
	h := c.holds[key]
	c.mu.Unlock()
	if h == nil {
		return
	}
	select {
	case h.at <- m:
	default: // a second one at the same step; one is enough to know
	}
	<-h.released
}

// hold lays a hold on a step that is still to come.
func (c *control) hold(gen int, step string) *hold {
	h := &hold{t: c.t, what: mark{Step: step, Gen: gen}, at: make(chan mark, 1), released: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holds[h.what] = h
	return h
}

// wait waits until a generation is at the step.
func (h *hold) wait() mark {
	h.t.Helper()
	select {
	case m := <-h.at:
		return m
	case <-time.After(testkit.Patience):
		h.t.Fatalf("generation %d does not come to the step %q", h.what.Gen, h.what.Step)
		return mark{}
	}
}

func (h *hold) release() { h.once.Do(func() { close(h.released) }) }

// came waits until a generation has announced a step.
func (c *control) came(gen int, step string) {
	c.t.Helper()
	timeout := time.After(testkit.Patience)
	for {
		c.mu.Lock()
		seen, news := c.seen[mark{Step: step, Gen: gen}], c.news
		c.mu.Unlock()
		if seen {
			return
		}
		select {
		case <-news:
		case <-timeout:
			c.t.Fatalf("generation %d did not come to the step %q", gen, step)
		}
	}
}
