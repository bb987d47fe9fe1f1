package store

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

// Journal keeps the items of a store elsewhere. The store makes one call at a time.
type Journal interface {
	// Load calls add for each item, and returns the highest version that was ever given.
	Load(add func(Item) error) (version uint64, err error)
	// Commit makes all changes durable or none. version is the highest that was given so far, and all are
	// the items that there are with the changes.
	Commit(changes []Change, version uint64, all iter.Seq[Item]) error
	Close() error
}

// Change is what has become of a key.
type Change struct {
	Item    Item // with Deleted only the key
	Deleted bool `json:",omitzero"`
}

// Attach fills the store with what the journal has. From then on the store owns the journal, unless there
// is an error.
func (s *Store) Attach(j Journal) error {
	if err := s.Fill(j.Load); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = j
	return nil
}

// Fill puts what load passes to add in the place of what the store without a journal has, also if it was closed.
// After an error the store has what it had. Nobody may use the store meanwhile.
func (s *Store) Fill(load func(add func(Item) error) (version uint64, err error)) error {
	var items []Item
	total := 0
	version, err := load(func(item Item) error {
		if err := s.limits.check(item.Key, item.Value.Size()); err != nil {
			return fmt.Errorf("key %.80q: %w", item.Key, err)
		}
		if item.expired(time.Now()) {
			return nil
		}
		items, total = append(items, item), total+len(item.Key)+item.Value.Size()
		return s.limits.room(len(items), total)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.items {
		s.drop(key)
	}
	s.version, s.closed = version, false
	for _, item := range items {
		s.put(item)
		s.version = max(s.version, item.Version)
	}
	return nil
}

// Items calls f with the highest version that was given, and every item.
func (s *Store) Items(f func(version uint64, all iter.Seq[Item]) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(s.version, s.all())
}

// round are calls of Do that share a commit.
type round struct {
	calls []func(*Tx)
	err   error // valid when done is closed
	done  chan struct{}
}

// Do runs f, and returns when what f has written is in the journal. An error says that the store has taken it
// back; what f has read may be wrong, too. f must call no method of the store.
func (s *Store) Do(f func(*Tx)) error {
	s.joining.Lock()
	r := s.next
	leads := r == nil
	if leads {
		r = &round{done: make(chan struct{})}
		s.next = r
	}
	r.calls = append(r.calls, f)
	s.joining.Unlock()
	if !leads {
		<-r.done
		return r.err
	}
	s.turn <- struct{}{} // the round before is over
	s.joining.Lock()
	s.next = nil
	s.joining.Unlock()
	r.err = s.run(r)
	<-s.turn
	close(r.done)
	return r.err
}

func (s *Store) run(r *round) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	version := s.version
	for _, f := range r.calls {
		f(&Tx{s})
	}
	if err := s.commit(); err != nil {
		s.takeBack(version)
		return fmt.Errorf("%w: %w", ErrUnsaved, err)
	}
	s.announce()
	return nil
}

// note remembers what a key has before its first change that is not committed.
func (s *Store) note(key string) {
	if _, noted := s.before[key]; noted {
		return
	}
	s.before[key] = nil
	if e := s.items[key]; e != nil {
		item := e.Item
		s.before[key] = &item
	}
}

// commit writes what has changed to the journal.
func (s *Store) commit() error {
	if len(s.before) == 0 || s.journal == nil {
		return nil
	}
	var changes []Change
	for _, key := range slices.Sorted(maps.Keys(s.before)) {
		if e := s.items[key]; e != nil {
			changes = append(changes, Change{Item: e.Item})
		} else {
			changes = append(changes, Change{Item: Item{Key: key}, Deleted: true})
		}
	}
	return s.journal.Commit(changes, s.version, s.all())
}

// takeBack restores what was there before the changes that are not committed.
func (s *Store) takeBack(version uint64) {
	s.version = version
	for key, item := range s.before {
		switch {
		case item != nil:
			s.put(*item)
		case s.items[key] != nil:
			s.drop(key)
		}
	}
	clear(s.before)
	s.changes = nil
}

// announce tells the watchers what was committed.
func (s *Store) announce() {
	for _, c := range s.changes {
		for w := range s.watchers {
			w.add(c)
		}
	}
	clear(s.before)
	s.changes = nil
}
