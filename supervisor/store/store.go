package store

import (
	"bytes"
	"fmt"
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

	mu      sync.Mutex // guards what follows
	items   map[string]entry
	total   int    // bytes of all keys and values
	version uint64 // the last that was given
}

type entry struct {
	Item
	timer *time.Timer // deletes the key when it expires; nil: it does not
}

// New returns an empty store.
func New(l Limits) *Store {
	return &Store{limits: l, items: map[string]entry{}}
}

// Stats returns how much the store has: bytes are those of all keys and values.
func (s *Store) Stats() (keys, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.items), s.total
}

// Check returns why there can be no such key.
func (s *Store) Check(key string) error { return s.limits.check(key, 0) }

// Get returns a key.
func (s *Store) Get(key string) (Item, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.items[key]
	return e.Item, ok
}

// Set writes a key, and returns it. The value is the store's. ttl 0: the key has no end. ifVersion is the version
// that the key must have; 0: it must not exist; nil: any. With ErrVersion Set returns what there is instead.
func (s *Store) Set(key string, v Value, ttl time.Duration, ifVersion *uint64) (item Item, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item = s.items[key].Item
	if ifVersion != nil && *ifVersion != item.Version {
		return item, ErrVersion
	}
	if err := s.limits.check(key, v.Size()); err != nil {
		return Item{}, err
	}
	var end time.Time
	if ttl > 0 {
		end = time.Now().Add(ttl)
	}
	return s.set(key, v, end)
}

// Add adds to an integer; a key that does not exist counts as 0. The key keeps its end.
func (s *Store) Add(key string, by int64) (Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.limits.check(key, 0); err != nil {
		return Item{}, err
	}
	old, was := s.items[key]
	n := int64(0)
	if was {
		var err error
		n, err = strconv.ParseInt(string(bytes.TrimSpace(old.Value.JSON)), 10, 64)
		if err != nil {
			return Item{}, fmt.Errorf("%w: the key has another value", ErrType)
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return Item{}, fmt.Errorf("%w: the sum needs more than 64 bits", ErrType)
	}
	return s.set(key, Value{JSON: strconv.AppendInt(nil, n+by, 10)}, old.Expires)
}

// Delete deletes a key. It reports whether the key existed.
func (s *Store) Delete(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, was := s.items[key]
	if was {
		s.remove(key)
	}
	return was
}

// List returns at most limit keys that begin with prefix and come behind after, in their
// order, and reports whether there are more.
func (s *Store) List(prefix, after string, limit int) (infos []Info, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	infos = []Info{}
	for key, e := range s.items {
		if strings.HasPrefix(key, prefix) && key > after {
			infos = append(infos, Info{key, e.Version, e.Value.Size()})
		}
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
	more = len(infos) > limit
	return infos[:min(limit, len(infos))], more
}

func (s *Store) set(key string, v Value, end time.Time) (Item, error) {
	old, was := s.items[key]
	keys, total := len(s.items), s.total+v.Size()-old.Value.Size()
	if !was {
		keys, total = keys+1, total+len(key)
	}
	// what exists may always shrink
	if err := s.limits.room(keys, total); err != nil && (!was || total > s.total) {
		return Item{}, err
	}
	old.stop()
	s.version++
	s.total = total
	e := entry{Item: Item{v, s.version, end}}
	if !end.IsZero() {
		e.timer = time.AfterFunc(time.Until(end), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.items[key].Version == e.Version { // it is not another value's
				s.remove(key)
			}
		})
	}
	s.items[key] = e
	return e.Item, nil
}

func (s *Store) remove(key string) {
	s.version++
	e := s.items[key]
	e.stop()
	delete(s.items, key)
	s.total -= len(key) + e.Value.Size()
}

func (e entry) stop() {
	if e.timer != nil {
		e.timer.Stop()
	}
}
