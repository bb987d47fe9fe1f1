package store

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// EventKind says what has happened.
type EventKind int

// The kinds of events.
const (
	EventSet    EventKind = iota // the key has this item
	EventDelete                  // the key was deleted or has expired; the item has no value
	EventReady                   // every key that existed when the watcher began has had its event
)

// Event is what a watcher returns.
type Event struct {
	Kind EventKind
	Item Item
}

// logged says which key a version is of.
type logged struct {
	key     string
	version uint64
}

// Watcher returns changes of a key, or of all keys with a prefix.
type Watcher struct {
	s      *Store
	key    string
	prefix bool
	wake   func()

	// The store's mutex guards these.
	begun uint64 // the store's version at the beginning
	told  uint64 // changes up to this version were returned, if that was necessary
	ready bool   // EventReady was returned
	waits bool   // for wake: Next has returned everything
	err   error  // why the watcher has ended; nil: it has not
}

// Watch returns a watcher of a key, or of all keys that begin with the key. Call Next at
// once, and again each time wake is called, until it reports no more. wake is called without
// a lock and must not block; it may be called once more after Close.
func (s *Store) Watch(key string, prefix bool, wake func()) *Watcher {
	w := &Watcher{s: s, key: key, prefix: prefix, wake: wake}
	if !prefix || key != "" {
		if w.err = s.limits.check(key, 0); w.err != nil {
			return w
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.begun = s.version
	s.watchers[w] = true
	return w
}

// Next returns at most limit events, and reports whether there may be more. A watcher that
// has ended returns none, see Err.
func (w *Watcher) Next(limit int) (events []Event, more bool) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if !w.s.watchers[w] {
		return nil, false
	}
	for l := range w.pending() {
		if len(events) >= limit {
			return events, true
		}
		w.told = l.version
		if e := w.s.items[l.key]; e != nil && e.Version == l.version {
			events = append(events, Event{EventSet, e.Item})
		} else if w.s.gone[l.key] == l.version && l.version > w.begun {
			events = append(events, Event{EventDelete, Item{Key: l.key, Version: l.version}})
		}
	}
	if !w.ready {
		if len(events) >= limit {
			return events, true
		}
		w.ready = true
		events = append(events, Event{Kind: EventReady})
	}
	w.told, w.waits = w.s.version, true
	return events, false
}

// pending returns what the watcher has not returned, in the order of the versions.
func (w *Watcher) pending() iter.Seq[logged] {
	s := w.s
	return func(yield func(logged) bool) {
		if !w.prefix { // only its newest change counts
			version := s.gone[w.key]
			if e := s.items[w.key]; e != nil {
				version = e.Version
			}
			if version > w.told {
				yield(logged{w.key, version})
			}
			return
		}
		i, _ := slices.BinarySearchFunc(s.log, w.told+1, func(l logged, version uint64) int { return cmp.Compare(l.version, version) })
		for _, l := range s.log[i:] {
			if strings.HasPrefix(l.key, w.key) && !yield(l) {
				return
			}
		}
	}
}

// Err returns why the watcher has ended by itself, or nil. wake is called when it does.
func (w *Watcher) Err() error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.err
}

// Close ends the watcher.
func (w *Watcher) Close() {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	delete(w.s.watchers, w)
}

// change logs the next version of a key, and wakes its watchers.
func (s *Store) change(key string, version uint64) {
	s.log = append(s.log, logged{key, version})
	for w := range s.watchers {
		if w.waits && (w.key == key || w.prefix && strings.HasPrefix(key, w.key)) {
			s.wake(w)
		}
	}
}

func (s *Store) wake(w *Watcher) {
	w.waits = false
	s.calls = append(s.calls, func(error) { w.wake() })
}

// trim drops from the log what no watcher has to return, when the log has become long. If there are too many
// deletions then, the watchers end that have not returned them.
func (s *Store) trim() {
	if len(s.log) <= 2*(len(s.items)+s.limits.Keys) {
		return
	}
	told := s.version
	for w := range s.watchers {
		if !w.waits { // the others have returned what concerns them
			told = min(told, w.told)
		}
	}
	s.forget(told)
	if len(s.gone) > s.limits.Keys {
		for w := range s.watchers {
			if !w.waits {
				w.err = ErrLagging
				s.wake(w)
				delete(s.watchers, w)
			}
		}
		s.forget(s.version)
	}
	s.log = slices.DeleteFunc(s.log, func(l logged) bool {
		e := s.items[l.key]
		return (e == nil || e.Version != l.version) && s.gone[l.key] != l.version
	})
}

// forget drops the deletions up to a version.
func (s *Store) forget(version uint64) {
	for key, v := range s.gone {
		if v <= version {
			delete(s.gone, key)
		}
	}
}
