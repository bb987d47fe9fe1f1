package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Journal keeps the items of a store elsewhere. The store makes one call at a time.
type Journal interface {
	// Load calls add for each item, and returns the highest version that was ever given.
	Load(add func(Item) error) (version uint64, err error)
	// Commit makes all changes durable or none. version is the highest that was given so far.
	Commit(changes []Change, version uint64) error
	Close() error
}

// Change is what has become of a key.
type Change struct {
	Item    Item // with Deleted only the key
	Deleted bool
}

// batch are the changes that share a commit.
type batch struct {
	before map[string]*Item // what each changed key had before the batch; nil: it did not exist
	over   bool             // it is committed or taken back
	err    error            // why it was taken back; nil: it was not
	done   chan struct{}    // closed when the batch is over
}

// Open returns a store with what the journal has. The store owns the journal, unless there is an error.
func Open(l Limits, j Journal) (*Store, error) {
	s := New(l)
	if err := s.Attach(j); err != nil {
		return nil, err
	}
	return s, nil
}

// noteLocked remembers what a key had before its first change in the pending batch.
func (s *Store) noteLocked(key string, before *Item) {
	if s.journal == nil || s.restoring {
		return
	}
	if s.pending == nil {
		s.pending = &batch{before: map[string]*Item{}, done: make(chan struct{})}
	}
	if _, noted := s.pending.before[key]; !noted {
		s.pending.before[key] = before
	}
}

// Mark is a moment in the life of a store.
type Mark uint64

// Mark returns the present moment. It costs next to nothing.
func (s *Store) Mark() Mark { return Mark(s.failures.Load()) }

// Sync returns when everything that was written or seen before is in the journal, at once
// if the store has none. The first caller that finds no commit under way commits for all
// others; it does not return before the commit is over, even if ctx ends.
//
// An error means that the store has taken back what was not in the journal: what the caller
// has written or seen may not be so. A commit of another caller may fail between a write and
// the writer's Sync, which then finds nothing to do. So who has a journal calls SyncFrom.
func (s *Store) Sync(ctx context.Context) error { return s.SyncFrom(ctx, s.Mark()) }

// SyncFrom is Sync, and fails also if a commit has failed since the mark. The mark is taken
// before the first write or look; that of an answer to Define is in the answer. If a commit
// fails between the mark and a write, SyncFrom fails although the write may be saved.
func (s *Store) SyncFrom(ctx context.Context, since Mark) error {
	s.lock()
	defer s.unlock()
	if s.Mark() != since {
		return s.failure
	}
	b := s.pending
	if b == nil {
		b = s.committing
	}
	for b != nil && !b.over {
		if s.committing == nil { // so b is pending
			s.commitLocked()
			continue
		}
		busy := s.committing.done
		s.unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			s.lock()
			return ctx.Err()
		}
		s.lock()
	}
	if b == nil {
		return nil
	}
	return b.err
}

// commitLocked commits the pending batch. It unlocks the mutex meanwhile.
func (s *Store) commitLocked() {
	b, version := s.pending, s.version
	s.committing, s.pending = b, nil
	keys := maps.Clone(s.repair)
	for key := range b.before {
		keys[key] = true
	}
	var changes []Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if e := s.items[key]; e != nil {
			changes = append(changes, Change{Item: e.Item})
		} else {
			changes = append(changes, Change{Item: Item{Key: key}, Deleted: true})
		}
	}
	s.unlock()
	err := s.journal.Commit(changes, version)
	s.lock()
	s.committing = nil
	if err == nil {
		for key := range keys {
			delete(s.repair, key)
		}
	} else {
		s.failure = fmt.Errorf("%w: %w", ErrUnsaved, err)
		s.failures.Add(1)
		s.takeBackLocked(b)
	}
	b.endLocked()
}

func (b *batch) endLocked() {
	b.over = true
	close(b.done)
}

// takeBackLocked restores what the journal has, after the commit of b has failed. What was
// written meanwhile may be based on what b wrote, so it is taken back too.
func (s *Store) takeBackLocked(b *batch) {
	b.err = s.failure
	before := map[string]*Item{}
	if later := s.pending; later != nil {
		s.pending, later.err = nil, s.failure
		maps.Copy(before, later.before)
		later.endLocked()
	}
	maps.Copy(before, b.before)
	s.restoring = true
	for _, key := range slices.Sorted(maps.Keys(before)) {
		// A commit that fails while the disk is synchronized may be in the journal
		// nevertheless. The next commit writes these keys again.
		s.repair[key] = true
		if item := before[key]; item != nil {
			s.putLocked(*item)
		} else if e := s.items[key]; e != nil {
			s.deleteLocked(e)
		}
	}
	s.restoring = false
}

// closeJournal commits what is pending and closes the journal.
func (s *Store) closeJournal() error {
	err := s.Sync(context.Background())
	if err == nil {
		err = s.mend()
	}
	s.mu.Lock()
	j := s.journal
	s.journal = nil
	s.mu.Unlock()
	if j == nil {
		return err
	}
	return errors.Join(err, j.Close())
}
