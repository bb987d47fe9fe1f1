package store

import (
	"slices"
	"time"
)

// Answer is what Define gets. One of the first three is set.
type Answer struct {
	Item Item  // the key exists
	Turn *Turn // the caller is to compute the value
	Err  error // the caller's initializer failed, or its value cannot be stored
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
		f(Answer{Err: err})
		return func() {}
	}
	c := &caller{f, ttl}
	s.mu.Lock()
	defer s.unlock(nil)
	if e := s.live(key); e != nil {
		s.tell(c, Answer{Item: e.Item})
		return func() {}
	}
	t := s.turns[key]
	if t == nil {
		t = &turns{}
		s.turns[key] = t
	}
	t.waiting = append(t.waiting, c)
	s.next(key, t)
	return func() { s.cancel(key, c) }
}

// tell answers a caller when the mutex is unlocked. An item that was not committed is none.
func (s *Store) tell(c *caller, a Answer) {
	s.calls = append(s.calls, func(failed error) {
		if failed != nil && a.Turn == nil {
			a = Answer{Err: failed}
		}
		c.f(a)
	})
}

// next gives the first who waits a turn unless another has one.
func (s *Store) next(key string, t *turns) {
	switch {
	case t.holder != nil:
	case len(t.waiting) == 0:
		delete(s.turns, key)
	default:
		c := t.waiting[0]
		t.waiting = slices.Delete(t.waiting, 0, 1)
		t.holder = &Turn{s, key, c}
		s.tell(c, Answer{Turn: t.holder})
	}
}

// answer answers those who wait for a key that was set. Who has the turn goes on, and
// gets the item when the turn ends.
func (s *Store) answer(item Item) {
	t := s.turns[item.Key]
	if t == nil {
		return
	}
	for _, c := range t.waiting {
		s.tell(c, Answer{Item: item})
	}
	t.waiting = nil
}

// cancel ends a call of Define. A turn of that call counts as failed.
func (s *Store) cancel(key string, c *caller) {
	s.mu.Lock()
	defer s.unlock(nil)
	t := s.turns[key]
	if t == nil {
		return
	}
	if t.holder != nil && t.holder.c == c {
		t.holder = nil
	} else {
		t.waiting = slices.DeleteFunc(t.waiting, func(w *caller) bool { return w == c })
	}
	s.next(key, t)
}

// Defined sets the key of a turn unless it was set meanwhile. Everybody who waits, and the
// caller of the turn, gets the key's item. If the value cannot be stored, the turn has failed.
// After the turn has ended, Defined does nothing; so does Failed.
func (tx *Tx) Defined(t *Turn, v Value) {
	err := t.s.limits.check(t.key, v.Size())
	if e := t.s.live(t.key); e == nil && err == nil && t.holds() {
		_, err = t.s.set(t.key, v.clone(), endOf(t.c.ttl))
	}
	if e := t.s.live(t.key); e != nil {
		t.end(Answer{Item: e.Item})
	} else {
		t.end(Answer{Err: err})
	}
}

// Failed says that there is no value. The turn's caller gets err.
func (t *Turn) Failed(err error) {
	t.s.mu.Lock()
	defer t.s.unlock(nil)
	t.end(Answer{Err: err})
}

func (t *Turn) holds() bool {
	all := t.s.turns[t.key]
	return all != nil && all.holder == t
}

// end gives the turn's caller the outcome and the next who waits a turn.
func (t *Turn) end(a Answer) {
	if !t.holds() {
		return
	}
	t.s.tell(t.c, a)
	all := t.s.turns[t.key]
	all.holder = nil
	t.s.next(t.key, all)
}
