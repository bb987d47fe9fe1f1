package place

import (
	"cmp"
	"time"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// defineRequest waits for a key to be defined, or has the turn to define the key.
type defineRequest struct {
	id  int64
	c   *conn
	key string
	ttl time.Duration

	// conn.mu guards what follows.
	turn   *store.Turn   // nil: it is not this request's turn
	answer *store.Answer // that was not written; nil: there is none
	cancel func()        // nil until Define has returned
	over   bool          // dropped
}

func (c *conn) define(r *request) error {
	d := &defineRequest{id: r.ID, c: c, key: r.Key, ttl: r.ttl()}
	if err := c.begin(d); err != nil {
		return err
	}
	cancel := c.store().Define(d.key, d.ttl, d.hear)
	c.mu.Lock()
	d.cancel = cancel
	c.mu.Unlock()
	return nil
}

// hear takes the store's answer.
func (d *defineRequest) hear(a store.Answer) {
	d.c.mu.Lock()
	over := d.over
	d.answer, d.turn = &a, a.Turn
	d.c.mu.Unlock()
	if over && a.Turn != nil {
		a.Turn.Failed(errCanceled) // it was dropped a moment ago
		return
	}
	d.c.mark(d)
}

func (d *defineRequest) number() int64 { return d.id }

func (d *defineRequest) say(a *answers, _ int) (more, over bool) {
	d.c.mu.Lock()
	answer := d.answer
	d.answer = nil
	d.c.mu.Unlock()
	if answer == nil {
		return false, false
	}
	switch {
	case answer.Turn != nil:
		a.begin(d.id).truth("run", true).end()
		return false, false
	case answer.Err != nil:
		a.fail(d.id, told(answer.Err))
	default:
		a.begin(d.id).item(answer.Item).end()
	}
	return false, true
}

func (d *defineRequest) drop(bool) {
	d.c.mu.Lock()
	d.over = true
	cancel := d.cancel
	d.c.mu.Unlock()
	if cancel != nil {
		cancel() // a turn of the request counts as failed
	}
}

// turnOf returns the turn of an open request.
func (c *conn) turnOf(r *request) (*store.Turn, error) {
	if d, ok := c.find(r.ID).(*defineRequest); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		if d.turn != nil {
			turn := d.turn
			d.turn = nil
			return turn, nil
		}
	}
	return nil, errorf(codeBad, "request %d has not been told to run an initializer", r.ID)
}

func (c *conn) defined(tx *store.Tx, r *request) error {
	v, err := r.value()
	if err != nil {
		return err
	}
	turn, err := c.turnOf(r)
	if err != nil {
		return err
	}
	tx.Defined(turn, v)
	return nil
}

// maxReason bounds a client's words about a failure, in bytes.
const maxReason = 1 << 10

func (c *conn) failed(r *request) error {
	turn, err := c.turnOf(r)
	if err != nil {
		return err
	}
	turn.Failed(errorf(codeFailed, "%s", cmp.Or(plain.Short(r.Error, maxReason), "the initializer failed")))
	return nil
}
