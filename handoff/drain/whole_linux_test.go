package drain

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// parked is an observer of five connections on which every answer is old. The first at which hotswap has looked
// gets a request while hotswap looks at the program for the next.
type parked struct {
	first           *conn
	asked, answered time.Time
}

func (p *parked) discover(_ []int, conns map[uint64]*conn) {
	for cookie := range uint64(5) {
		if conns[cookie] == nil {
			conns[cookie] = &conn{cookie: cookie}
		}
	}
}

func (p *parked) look(conns map[uint64]*conn, each func(*conn, sample, control)) {
	for _, c := range conns {
		s := sample{Received: 100, Sent: 100, SentAge: time.Second, ReceivedAge: 2 * time.Second}
		if c == p.first && !p.asked.IsZero() {
			s.Received, s.ReceivedAge = 200, time.Since(p.asked)
			if !time.Now().Before(p.answered) {
				s.Sent, s.SentAge = 200, time.Since(p.answered)
			}
		}
		each(c, s, parkedControl{p, c})
	}
}

func (p *parked) lookAgain(map[uint64]*conn, func(*conn, sample, control)) {}

func (p *parked) close() {}

type parkedControl struct {
	of *parked
	c  *conn
}

func (parkedControl) cork(bool) bool     { return true }
func (parkedControl) recork() bool       { return false }
func (parkedControl) push() bool         { return true }
func (parkedControl) end() bool          { return false }
func (parkedControl) finish(sample) bool { return false }
func (parkedControl) hold() bool         { return false }
func (parkedControl) release() bool      { return true }
func (parkedControl) peek([]byte) []byte { return nil }

func (c parkedControl) activity() (activity, time.Duration) {
	switch p := c.of; {
	case p.first == nil:
		p.first = c.c
	case p.asked.IsZero():
		p.asked, p.answered = time.Now(), time.Now().Add(time.Second)
	}
	return resting, 0
}

// To look at all threads of a program takes a while, on a busy machine some 30 ms. A request that comes then
// is in no look before.
func TestRequestWhileTheProgramIsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p := &parked{}
		d := New(Config{Tree: func() []int { return []int{1} }, Patience: time.Hour})
		r, err := d.run(ctx, p, nil)
		if p.asked.IsZero() || time.Now().Before(p.answered) {
			t.Errorf("the drain ended before the answer: %+v, %v", r, err)
		}
	})
}
