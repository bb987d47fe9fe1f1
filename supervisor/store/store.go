package store

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Store has keys and values. Its methods may be called from any goroutine.
type Store struct {
	limits Limits

	joining sync.Mutex    // guards next
	next    *round        // that has not begun; nil: there is none
	turn    chan struct{} // capacity 1; had by the round that runs

	mu       sync.Mutex // guards what follows
	items    map[string]*entry
	total    int    // bytes of all keys and values
	version  uint64 // the last that was given
	closed   bool
	journal  Journal          // nil: none
	before   map[string]*Item // what keys had before the changes that are not committed; nil: nothing
	changes  []change         // that are not committed, in their order
	watchers map[*Watcher]bool
}

// entry is a key that exists.
type entry struct {
	Item
	timer *time.Timer // deletes the key when it expires; nil: it does not
}

// New returns an empty store without a journal.
func New(l Limits) *Store {
	return &Store{
		limits: l.withDefaults(), turn: make(chan struct{}, 1),
		items: map[string]*entry{}, before: map[string]*Item{}, watchers: map[*Watcher]bool{},
	}
}

// Stats are the numbers of a store.
type Stats struct {
	Keys  int
	Bytes int // of all keys and values
}

// Stats returns how much the store has.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{len(s.items), s.total}
}

// Tx reads and writes; see [Store.Do]. It is valid until the function returns that got it.
type Tx struct{ s *Store }

// Get returns a key.
func (tx *Tx) Get(key string) (Item, bool) {
	e := tx.s.live(key)
	if e == nil {
		return Item{}, false
	}
	return e.Item, true
}

// live returns a key that exists and has not expired. Its timer may be late.
func (s *Store) live(key string) *entry {
	e := s.items[key]
	if e == nil || e.expired(time.Now()) {
		return nil
	}
	return e
}

// Set writes a key. It copies the value.
func (tx *Tx) Set(key string, v Value, w Write) (Item, error) {
	if err := tx.s.limits.check(key, v.Size()); err != nil {
		return Item{}, err
	}
	if err := tx.s.hasVersion(key, w.IfVersion); err != nil {
		return Item{}, err
	}
	return tx.s.set(key, v.clone(), endOf(w.TTL))
}

// endOf returns when something that is written now expires.
func endOf(ttl time.Duration) time.Time {
	if ttl <= 0 {
		return time.Time{}
	}
	return time.Now().Add(ttl)
}

// hasVersion checks the version of a key.
func (s *Store) hasVersion(key string, want *uint64) error {
	if want == nil {
		return nil
	}
	has := uint64(0)
	if e := s.live(key); e != nil {
		has = e.Version
	}
	if has != *want {
		return &VersionError{has}
	}
	return nil
}

// Add adds to an integer; a key that does not exist counts as 0. The key keeps its end.
func (tx *Tx) Add(key string, by int64) (Item, error) {
	if err := tx.s.limits.check(key, 0); err != nil {
		return Item{}, err
	}
	n, end := int64(0), time.Time{}
	if e := tx.s.live(key); e != nil {
		var err error
		if n, err = strconv.ParseInt(string(bytes.TrimSpace(e.Value.JSON)), 10, 64); err != nil {
			return Item{}, fmt.Errorf("%w: the key has another value", ErrType)
		}
		end = e.Expires
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return Item{}, fmt.Errorf("%w: the sum needs more than 64 bits", ErrType)
	}
	return tx.s.set(key, Value{JSON: strconv.AppendInt(nil, n+by, 10)}, end)
}

// Delete deletes a key. It reports whether the key existed.
func (tx *Tx) Delete(key string, ifVersion *uint64) (bool, error) {
	if err := tx.s.hasVersion(key, ifVersion); err != nil {
		return false, err
	}
	switch {
	case tx.s.live(key) == nil:
		return false, nil
	case tx.s.closed:
		return false, ErrClosed
	}
	tx.s.remove(key)
	return true, nil
}

// List returns at most limit keys that begin with prefix and come behind after, in their
// order, and reports whether there are more.
func (tx *Tx) List(prefix, after string, limit int) (infos []Info, more bool) {
	infos = []Info{}
	for key, e := range tx.s.items {
		if strings.HasPrefix(key, prefix) && key > after && !e.expired(time.Now()) {
			infos = append(infos, Info{key, e.Version, e.Value.Size()})
		}
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
	more = len(infos) > limit
	return infos[:min(limit, len(infos))], more
}

// all returns every item.
func (s *Store) all() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for _, e := range s.items {
			if !yield(e.Item) {
				return
			}
		}
	}
}

// set gives a key its next version.
func (s *Store) set(key string, v Value, end time.Time) (Item, error) {
	old := s.items[key]
	keys, total := len(s.items), s.total+v.Size()
	if old == nil {
		keys, total = keys+1, total+len(key)
	} else {
		total -= old.Value.Size()
	}
	switch err := s.limits.room(keys, total); {
	case s.closed:
		return Item{}, ErrClosed
	case err != nil && (old == nil || total > s.total): // what exists may always shrink
		return Item{}, err
	}
	s.note(key)
	s.version++
	s.put(Item{key, v, s.version, end})
	s.changes = append(s.changes, change{key, s.version})
	return s.items[key].Item, nil
}

// put makes item what its key has.
func (s *Store) put(item Item) {
	e := s.items[item.Key]
	if e == nil {
		e = &entry{}
		s.items[item.Key] = e
		s.total += len(item.Key)
	}
	s.total += item.Value.Size() - e.Value.Size()
	e.Item = item
	e.stop()
	if !item.Expires.IsZero() {
		e.timer = time.AfterFunc(time.Until(item.Expires), func() { s.expire(item.Key, item.Version) })
	}
}

// remove deletes a key that exists.
func (s *Store) remove(key string) {
	s.note(key)
	s.version++
	s.drop(key)
	s.changes = append(s.changes, change{key, s.version})
}

func (s *Store) drop(key string) {
	e := s.items[key]
	e.stop()
	delete(s.items, key)
	s.total -= len(key) + e.Value.Size()
}

// expire deletes a key whose time is over, unless it was written again. The journal is not
// told: what has expired is dropped when it is read.
func (s *Store) expire(key string, version uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.items[key]; e != nil && e.Version == version && !s.closed {
		s.remove(key)
		s.announce()
	}
}

func (e *entry) stop() {
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
}

func (i Item) expired(now time.Time) bool { return !i.Expires.IsZero() && !i.Expires.After(now) }

// Close stops the timers, refuses writes from now on, and closes the journal. Reading goes on.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, e := range s.items {
		e.stop()
	}
	j := s.journal
	if s.journal = nil; j == nil {
		return nil
	}
	return j.Close()
}
