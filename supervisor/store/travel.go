package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Snapshot is what a store takes along to another process.
type Snapshot struct {
	Version uint64
	Items   []Item
	Deleted []Info // that some watcher has to return: without size
}

// WatchState is how far a watcher has come.
type WatchState struct {
	Key     string
	Prefix  bool
	Begun   uint64
	Told    uint64 // what is not newer was returned; not for one key
	Ready   bool
	Pending bool   // the newest change of the one key was not returned
	Deleted uint64 // the version of that change if it is a deletion
}

// Freeze closes the store, see Close, and returns what it has. What the journal did not take
// is not in it.
func (s *Store) Freeze() (Snapshot, error) {
	err := s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := Snapshot{Version: s.version}
	for at := s.order.Front(); at != nil; at = at.Next() {
		switch e, ok := at.Value.(*entry); {
		case !ok:
		case e.dead:
			snap.Deleted = append(snap.Deleted, Info{Key: e.Key, Version: e.Version})
		default:
			snap.Items = append(snap.Items, e.Item)
		}
	}
	return snap, err
}

// Restore fills an empty store without a journal. Tombstones stay until Restored.
func (s *Store) Restore(snap Snapshot) {
	s.lock()
	defer s.unlock()
	s.resuming = true
	for _, item := range snap.Items {
		if item.Value.JSON == nil && item.Value.Bytes == nil {
			item.Value.Bytes = []byte{} // what a decoder may make of no bytes
		}
		s.putLocked(item)
	}
	for _, info := range snap.Deleted {
		e := &entry{Item: Item{Key: info.Key, Version: info.Version}, dead: true, heap: -1}
		e.at = s.order.PushBack(e)
		s.grave[e.Key] = s.graves.PushBack(e)
	}
	s.sortLocked()
	s.version = max(s.version, snap.Version)
}

// Restored says that all watchers are there that go on.
func (s *Store) Restored() {
	s.lock()
	defer s.unlock()
	s.resuming = false
	s.trimLocked()
}

// sortLocked brings the list into the order of the versions.
func (s *Store) sortLocked() {
	all := make([]*entry, 0, s.order.Len())
	for at := s.order.Front(); at != nil; at = at.Next() {
		if e, ok := at.Value.(*entry); ok {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b *entry) int { return cmp.Compare(a.Version, b.Version) })
	for _, e := range all {
		s.order.MoveToBack(e.at)
	}
}

// Attach gives a store without a journal a journal. What both have is as the store has it;
// what only one has, the other gets.
func (s *Store) Attach(j Journal) error {
	s.lock()
	unknown := map[string]bool{} // to the journal
	for key := range s.items {
		unknown[key] = true
	}
	version, err := j.Load(func(item Item) error {
		if err := s.limits.check(item.Key, item.Value.Size()); err != nil {
			return fmt.Errorf("key %.80q: %w", item.Key, err)
		}
		switch mine := s.items[item.Key]; {
		case mine != nil && mine.Version == item.Version:
			delete(unknown, item.Key)
		case mine != nil:
		case !item.Expires.IsZero() && !item.Expires.After(s.now()):
			unknown[item.Key] = true
		default:
			if err := s.limits.room(len(s.items)+1, s.total+len(item.Key)+item.Value.Size()); err != nil {
				return err
			}
			s.version = max(s.version, item.Version)
			s.putLocked(item)
		}
		return nil
	})
	if err == nil {
		s.journal, s.repair, s.version = j, unknown, max(s.version, version)
	}
	s.unlock()
	if err != nil {
		return err
	}
	return s.mend()
}

// mend commits what the journal may not have.
func (s *Store) mend() error {
	s.mu.Lock()
	if len(s.repair) > 0 && s.pending == nil && s.journal != nil {
		s.pending = &batch{before: map[string]*Item{}, done: make(chan struct{})}
	}
	s.mu.Unlock()
	return s.Sync(context.Background())
}

// Resume gives the turn of a key back to a caller who had it in another process, and whom f
// answers from now on as Define does. Others who want to define the key come later.
func (s *Store) Resume(key string, ttl time.Duration, f func(Answer)) (turn *Turn, cancel func()) {
	c := &caller{f, ttl}
	s.lock()
	defer s.unlock()
	t := s.turns[key]
	if t == nil {
		t = &turns{}
		s.turns[key] = t
	}
	if t.holder == nil {
		t.holder = &Turn{s, key, c}
		return t.holder, func() { s.cancel(key, c) }
	}
	t.waiting = append(t.waiting, c)
	return nil, func() { s.cancel(key, c) }
}

// State returns how far the watcher has come, for WatchFrom.
func (w *Watcher) State() WatchState {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	st := WatchState{Key: w.key, Prefix: w.prefix, Begun: w.begun, Told: w.s.version, Ready: w.ready}
	if w.next != nil {
		st.Pending = true
		if w.next.Kind == EventDelete {
			st.Deleted = w.next.Item.Version
		}
	}
	if w.at != nil {
		// A commit that was taken back may have put older versions at the end.
		for at := w.at.Next(); at != nil; at = at.Next() {
			if e, ok := at.Value.(*entry); ok {
				st.Told = min(st.Told, e.Version-1)
			}
		}
	}
	return st
}

// WatchFrom goes on where a watcher of another process was. Call Next at once.
func (s *Store) WatchFrom(st WatchState, wake func()) *Watcher {
	w := &Watcher{s: s, key: st.Key, prefix: st.Prefix, wake: wake, begun: st.Begun, told: st.Told, ready: st.Ready}
	s.lock()
	defer s.unlock()
	if st.Prefix {
		at := s.order.Back()
		for ; at != nil; at = at.Prev() {
			if e, ok := at.Value.(*entry); ok && e.Version <= st.Told {
				break
			}
		}
		if at == nil {
			w.at = s.order.PushFront(w)
		} else {
			w.at = s.order.InsertAfter(w, at)
		}
		s.prefixes = joined(s.prefixes, w)
		return w
	}
	if e := s.items[st.Key]; st.Pending && e != nil {
		w.next = &Event{EventSet, e.Item}
	} else if st.Pending {
		w.next = &Event{EventDelete, Item{Key: st.Key, Version: st.Deleted}}
	}
	s.watchers[st.Key] = joined(s.watchers[st.Key], w)
	return w
}
