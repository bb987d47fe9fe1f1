package store

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
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
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.Version, b.Version) })
	s.log, s.version, s.closed = nil, version, false
	for _, item := range items {
		s.put(item)
		s.log = append(s.log, logged{item.Key, item.Version})
		s.version = max(s.version, item.Version)
	}
	return nil
}

// Reopen lets a store that was closed take writes again, without a journal.
func (s *Store) Reopen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = false
	for _, e := range s.items {
		s.put(e.Item) // with its timer
	}
}

// Items calls f with the highest version that was given, and every item.
func (s *Store) Items(f func(version uint64, all iter.Seq[Item]) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(s.version, s.all())
}

// queue are the calls of Do that wait for their round.
type queue struct {
	mu   sync.Mutex // guards what follows
	jobs []*job
	busy bool // a round is under way
}

type job struct {
	f    func(*Tx)
	err  error // valid when done is closed
	done chan struct{}
}

// Do runs f, and returns when what f has written is in the journal. An error says that the store has taken it
// back; what f has read may be wrong, too. Calls that come during a commit share the next one. f must call no
// method of the store.
func (s *Store) Do(f func(*Tx)) error {
	j := &job{f: f, done: make(chan struct{})}
	s.queue.mu.Lock()
	s.queue.jobs = append(s.queue.jobs, j)
	leads := !s.queue.busy
	s.queue.busy = true
	s.queue.mu.Unlock()
	if leads && s.round() {
		go func() { // for those who came meanwhile
			for s.round() {
			}
		}()
	}
	<-j.done
	return j.err
}

// round runs the calls that wait, and reports whether others wait since.
func (s *Store) round() (more bool) {
	s.queue.mu.Lock()
	jobs := s.queue.jobs
	s.queue.jobs = nil
	s.queue.mu.Unlock()
	s.mu.Lock()
	length, version := len(s.log), s.version
	for _, j := range jobs {
		j.f(&Tx{s})
	}
	err := s.commit()
	if err != nil {
		s.takeBack(length, version)
	}
	clear(s.before)
	s.trim()
	s.unlock(err)
	for _, j := range jobs {
		j.err = err
		close(j.done)
	}
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	s.queue.busy = len(s.queue.jobs) > 0
	return s.queue.busy
}

// note remembers what a key has before its first change that is not committed.
func (s *Store) note(key string) {
	if _, noted := s.before[key]; noted || s.journal == nil {
		return
	}
	b := before{gone: s.gone[key]}
	if e := s.items[key]; e != nil {
		item := e.Item
		b.item = &item
	}
	s.before[key] = b
}

// commit writes what has changed to the journal.
func (s *Store) commit() error {
	if len(s.before) == 0 {
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
	if err := s.journal.Commit(changes, s.version, s.all()); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsaved, err)
	}
	return nil
}

// takeBack restores what was there when the log had that length.
func (s *Store) takeBack(length int, version uint64) {
	s.log, s.version = s.log[:length], version
	for key, b := range s.before {
		switch {
		case b.item != nil:
			s.put(*b.item)
		case s.items[key] != nil:
			s.drop(key)
		}
		delete(s.gone, key)
		if b.gone != 0 {
			s.gone[key] = b.gone
		}
	}
}
