package place

import (
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

const (
	maxStatus   = 1 << 10                // bytes of a program's text about itself
	statusPause = 200 * time.Millisecond // between two texts that are reported
)

// ready says that the generation can serve.
func (c *conn) ready(r *request) error {
	c.of.sayReady()
	c.ok(r)
	return nil
}

func (ses *Session) sayReady() {
	if ses.of.cfg.Ready {
		ses.report(handoff.Ready{Gen: ses.gen, By: "notify"})
	}
}

// extend asks for more time to become ready.
func (c *conn) extend(r *request) error {
	if r.MS == 0 {
		return errorf(codeBad, "extend needs ms")
	}
	c.of.report(handoff.ExtendTimeout{Gen: c.of.gen, By: ms(r.MS)})
	c.ok(r)
	return nil
}

// status has a text shown to people.
func (c *conn) status(r *request) error {
	c.of.sayStatus(r.Text)
	c.ok(r)
	return nil
}

func (ses *Session) sayStatus(text string) {
	ses.status.say(plain.Short(text, maxStatus), func(text string) {
		ses.report(handoff.Status{Gen: ses.gen, Text: text})
	})
}

// status reports the newest text of a generation, and not more often than people can read.
type status struct {
	mu    sync.Mutex
	next  string // to be reported; "": none is
	timer *time.Timer
	over  bool
}

// end drops what was not reported.
func (s *status) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.over = "", true
	if s.timer != nil {
		s.timer.Stop()
	}
}

// say reports a text now or soon.
func (s *status) say(text string, report func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = text
	if s.timer == nil && !s.over {
		s.timer = time.AfterFunc(0, func() { s.flush(report) })
	}
}

func (s *status) flush(report func(string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.next
	if s.next = ""; text == "" {
		s.timer = nil
		return
	}
	report(text) // with the mutex: none is reported after end
	s.timer = time.AfterFunc(statusPause, func() { s.flush(report) })
}
