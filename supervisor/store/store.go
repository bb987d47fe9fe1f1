package store

import (
	"bytes"
	"container/list"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Store has keys and values. Its methods may be called from any goroutine.
type Store struct {
	limits Limits
	now    func() time.Time // time.Now but in tests

	mu      sync.Mutex // guards what follows
	items   map[string]*entry
	keys    []string // of items, in order; nil: to be sorted again
	total   int      // bytes of all keys and values
	version uint64   // the last that was given
	closed  bool
	calls   []func() // to be called after the mutex is unlocked

	order    *list.List               // of *entry and *Watcher, see the package comment
	graves   *list.List               // the tombstones of order, in the order of their versions
	grave    map[string]*list.Element // in graves
	watchers map[string][]*Watcher    // of one key
	prefixes []*Watcher               // of prefixes
	resuming bool                     // watchers of another process are still to come

	expiry heap
	timer  *time.Timer // nil before the first time to live
	armed  time.Time   // when the timer fires; zero: it does not

	turns map[string]*turns

	failures   atomic.Uint64   // commits that have failed; changed with the mutex only
	failure    error           // of the last of these
	journal    Journal         // nil: none
	pending    *batch          // nil: nothing was written since the last commit began
	committing *batch          // nil: no commit is under way
	repair     map[string]bool // keys whose state in the journal is not known
	restoring  bool            // a failed commit is being taken back
}

// entry is an item of the list: a key that exists, or a tombstone.
type entry struct {
	Item
	dead bool
	at   *list.Element
	heap int // its index in expiry, or -1
}

// New returns an empty store without a journal.
func New(l Limits) *Store {
	return &Store{
		limits: l.withDefaults(), now: time.Now,
		items: map[string]*entry{}, order: list.New(), graves: list.New(), grave: map[string]*list.Element{},
		watchers: map[string][]*Watcher{}, turns: map[string]*turns{}, repair: map[string]bool{},
	}
}

// lock locks the mutex and deletes what has expired.
func (s *Store) lock() {
	s.mu.Lock()
	s.expireLocked()
}

// unlock unlocks the mutex and makes the calls that were collected.
func (s *Store) unlock() {
	s.armLocked()
	calls := s.calls
	s.calls = nil
	s.mu.Unlock()
	for _, call := range calls {
		call()
	}
}

// Stats are the numbers of a store.
type Stats struct {
	Keys  int
	Bytes int // of all keys and values
}

// Stats returns how much the store has.
func (s *Store) Stats() Stats {
	s.lock()
	defer s.unlock()
	return Stats{len(s.items), s.total}
}

// Get returns a key.
func (s *Store) Get(key string) (Item, bool) {
	s.lock()
	defer s.unlock()
	e := s.items[key]
	if e == nil {
		return Item{}, false
	}
	return e.Item, true
}

// Set writes a key. It copies the value.
func (s *Store) Set(key string, v Value, w Write) (version uint64, err error) {
	if err := s.limits.check(key, v.Size()); err != nil {
		return 0, err
	}
	v = v.clone()
	s.lock()
	defer s.unlock()
	if err := s.versionLocked(key, w.IfVersion); err != nil {
		return 0, err
	}
	return s.setLocked(key, v, s.endLocked(w.TTL))
}

// endLocked returns when something that is written now expires.
func (s *Store) endLocked(ttl time.Duration) time.Time {
	if ttl <= 0 {
		return time.Time{}
	}
	return s.now().Add(ttl)
}

// versionLocked checks the version of a key.
func (s *Store) versionLocked(key string, want *uint64) error {
	if want == nil {
		return nil
	}
	has := uint64(0)
	if e := s.items[key]; e != nil {
		has = e.Version
	}
	if has != *want {
		return &VersionError{has}
	}
	return nil
}

// Add adds to an integer; a key that does not exist counts as 0. The key keeps its end.
func (s *Store) Add(key string, by int64) (Item, error) {
	if err := s.limits.check(key, 0); err != nil {
		return Item{}, err
	}
	s.lock()
	defer s.unlock()
	n, end := int64(0), time.Time{}
	if e := s.items[key]; e != nil {
		var err error
		if n, err = strconv.ParseInt(string(bytes.TrimSpace(e.Value.JSON)), 10, 64); err != nil {
			return Item{}, fmt.Errorf("%w: the key has another value", ErrType)
		}
		end = e.Expires
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return Item{}, fmt.Errorf("%w: the sum needs more than 64 bits", ErrType)
	}
	if _, err := s.setLocked(key, Value{JSON: strconv.AppendInt(nil, n+by, 10)}, end); err != nil {
		return Item{}, err
	}
	return s.items[key].Item, nil
}

// Delete deletes a key. It reports whether the key existed.
func (s *Store) Delete(key string, ifVersion *uint64) (bool, error) {
	s.lock()
	defer s.unlock()
	if err := s.versionLocked(key, ifVersion); err != nil {
		return false, err
	}
	e := s.items[key]
	switch {
	case e == nil:
		return false, nil
	case s.closed:
		return false, ErrClosed
	}
	s.deleteLocked(e)
	return true, nil
}

// List returns at most limit keys that begin with prefix and come behind after, in their
// order, and reports whether there are more.
func (s *Store) List(prefix, after string, limit int) (infos []Info, more bool) {
	s.lock()
	defer s.unlock()
	if s.keys == nil {
		s.keys = make([]string, 0, len(s.items))
		for key := range s.items {
			s.keys = append(s.keys, key)
		}
		slices.Sort(s.keys)
	}
	i, found := slices.BinarySearch(s.keys, max(prefix, after))
	if found && after >= prefix {
		i++
	}
	for _, key := range s.keys[i:] {
		if !strings.HasPrefix(key, prefix) {
			break
		}
		if len(infos) >= limit {
			return infos, true
		}
		e := s.items[key]
		infos = append(infos, Info{key, e.Version, e.Value.Size()})
	}
	return infos, false
}

// setLocked gives a key its next version and tells the watchers and those who wait for the
// key to be defined.
func (s *Store) setLocked(key string, v Value, end time.Time) (version uint64, err error) {
	old := s.items[key]
	keys, total := len(s.items), s.total+v.Size()
	if old == nil {
		keys, total = keys+1, total+len(key)
	} else {
		total -= old.Value.Size()
	}
	switch err := s.limits.room(keys, total); {
	case s.closed:
		return 0, ErrClosed
	case err != nil && (old == nil || total > s.total): // what exists may always shrink
		return 0, err
	}
	s.version++
	s.putLocked(Item{key, v, s.version, end})
	return s.version, nil
}

// putLocked makes item what its key has. The item's version is newer than all others, or the
// item is one that a failed commit brings back.
func (s *Store) putLocked(item Item) {
	e := s.items[item.Key]
	if e == nil {
		e = &entry{heap: -1}
		s.items[item.Key] = e
		s.keys = nil
		s.total += len(item.Key)
		s.forgetLocked(item.Key)
		s.noteLocked(item.Key, nil)
	} else {
		before := e.Item
		s.noteLocked(item.Key, &before)
		s.total -= e.Value.Size()
	}
	e.Item = item
	s.total += item.Value.Size()
	s.scheduleLocked(e)
	s.movedLocked(e)
	s.answerLocked(e.Item)
}

// deleteLocked deletes a key that exists, and leaves a tombstone.
func (s *Store) deleteLocked(e *entry) {
	s.version++
	before := e.Item
	s.noteLocked(e.Key, &before)
	delete(s.items, e.Key)
	s.keys = nil
	s.total -= len(e.Key) + e.Value.Size()
	e.Expires = time.Time{}
	s.scheduleLocked(e)
	e.Value, e.Version, e.dead = Value{}, s.version, true
	s.grave[e.Key] = s.graves.PushBack(e)
	s.movedLocked(e)
	s.trimLocked()
}

// Close stops the timer, refuses writes from now on, and closes the journal after the last
// commit. Reading goes on.
func (s *Store) Close() error {
	s.lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.unlock()
	return s.closeJournal()
}
