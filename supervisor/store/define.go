package store

import (
	"errors"
	"slices"
	"time"
)

// Answer is what Define gets. One of the first three is set.
type Answer struct {
	Item Item  // the key exists
	Turn *Turn // the caller is to compute the value
	Err  error // the caller's initializer failed, or its value cannot be stored
	Mark Mark  // for SyncFrom
}

// Turn is the right to define a key. Only one exists for a key at a time.
type Turn struct {
	s   *Store
	key string
	c   *caller
}

// turns are those who want to define a key.
type turns struct {
	holder  *Turn
	waiting []*caller // in the order in which they came
}

// caller is a call of Define that is not over.
type caller struct {
	f   func(Answer)
	ttl time.Duration // of what it defines
}

// Define calls f with the key's item if the key exists. Otherwise one caller at a time
// gets a Turn, and then the outcome of the turn; the others wait. When the key is set,
// those who wait get the item. When a turn fails or its caller cancels, the next caller
// gets a turn.
//
// f is called without a lock, possibly before Define returns. It is not called again after
// cancel, but a call that is under way may end later.
func (s *Store) Define(key string, ttl time.Duration, f func(Answer)) (cancel func()) {
	if err := s.limits.check(key, 0); err != nil {
		f(Answer{Err: err, Mark: s.Mark()})
		return func() {}
	}
	c := &caller{f, ttl}
	s.lock()
	defer s.unlock()
	if e := s.items[key]; e != nil {
		s.tellLocked(c, Answer{Item: e.Item})
		return func() {}
	}
	t := s.turns[key]
	if t == nil {
		t = &turns{}
		s.turns[key] = t
	}
	t.waiting = append(t.waiting, c)
	s.nextLocked(key, t)
	return func() { s.cancel(key, c) }
}

func (s *Store) tellLocked(c *caller, a Answer) {
	a.Mark = s.Mark()
	s.calls = append(s.calls, func() { c.f(a) })
}

// nextLocked gives the first who waits a turn unless another has one.
func (s *Store) nextLocked(key string, t *turns) {
	switch {
	case t.holder != nil:
	case len(t.waiting) == 0:
		delete(s.turns, key)
	default:
		c := t.waiting[0]
		t.waiting = slices.Delete(t.waiting, 0, 1)
		t.holder = &Turn{s, key, c}
		s.tellLocked(c, Answer{Turn: t.holder})
	}
}

// answerLocked answers those who wait for a key that was set. Who has the turn goes on, and
// gets the item when the turn ends.
func (s *Store) answerLocked(item Item) {
	t := s.turns[item.Key]
	if t == nil {
		return
	}
	for _, c := range t.waiting {
		s.tellLocked(c, Answer{Item: item})
	}
	t.waiting = nil
}

// cancel ends a call of Define. A turn of that call counts as failed.
func (s *Store) cancel(key string, c *caller) {
	s.lock()
	defer s.unlock()
	t := s.turns[key]
	if t == nil {
		return
	}
	if t.holder != nil && t.holder.c == c {
		t.holder = nil
	} else {
		t.waiting = slices.DeleteFunc(t.waiting, func(w *caller) bool { return w == c })
	}
	s.nextLocked(key, t)
}

// Defined sets the key unless it was set meanwhile. Everybody who waits, and the caller of
// the turn, gets the key's item. If the value cannot be stored, the turn has failed. After
// the turn has ended, Defined does nothing; so does Failed.
func (t *Turn) Defined(v Value) {
	err := t.s.limits.check(t.key, v.Size())
	if err == nil {
		v = v.clone()
	}
	t.end(func() (Item, error) {
		if e := t.s.items[t.key]; e != nil {
			return e.Item, nil
		}
		if err == nil {
			_, err = t.s.setLocked(t.key, v, t.s.endLocked(t.c.ttl))
		}
		if err != nil {
			return Item{}, err
		}
		return t.s.items[t.key].Item, nil
	})
}

// Failed says that there is no value. The turn's caller gets err.
func (t *Turn) Failed(err error) {
	if err == nil {
		err = errors.New("the initializer failed")
	}
	t.end(func() (Item, error) { return Item{}, err })
}

// end gives the turn's caller the outcome and the next who waits a turn.
func (t *Turn) end(outcome func() (Item, error)) {
	t.s.lock()
	defer t.s.unlock()
	all := t.s.turns[t.key]
	if all == nil || all.holder != t {
		return
	}
	item, err := outcome()
	t.s.tellLocked(t.c, Answer{Item: item, Err: err})
	all.holder = nil
	t.s.nextLocked(t.key, all)
}
