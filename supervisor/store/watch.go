package store

import (
	"container/list"
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

// Watcher returns changes of a key, or of all keys with a prefix.
type Watcher struct {
	s      *Store
	key    string
	prefix bool
	wake   func()

	// The store's mutex guards these.
	begun  uint64 // the store's version at the beginning
	told   uint64 // deletions up to this version need no event any more
	ready  bool   // EventReady was returned
	waits  bool   // for wake: Next has returned everything
	err    error  // why the watcher has ended; nil: it has not
	closed bool
	index  int // in its list of watchers

	next *Event        // the newest change of the key that was not returned; nil with a prefix
	at   *list.Element // the marker; nil without a prefix
}

// Watch returns a watcher of a key, or of all keys that begin with the key. Call Next at
// once, and again each time wake is called, until it reports no more. wake is called without
// a lock and must not block; it may be called once more after Close.
func (s *Store) Watch(key string, prefix bool, wake func()) *Watcher {
	w := &Watcher{s: s, key: key, prefix: prefix, wake: wake}
	if !prefix || key != "" {
		if w.err = s.limits.check(key, 0); w.err != nil {
			w.key, w.closed = "", true
			return w
		}
	}
	s.lock()
	defer s.unlock()
	w.begun, w.told = s.version, s.version
	if prefix {
		s.prefixes = joined(s.prefixes, w)
		w.at = s.order.PushFront(w)
		return w
	}
	if e := s.items[key]; e != nil {
		w.next = &Event{EventSet, e.Item}
	}
	s.watchers[key] = joined(s.watchers[key], w)
	return w
}

// Next returns at most limit events, and reports whether there may be more. A watcher that
// has ended returns none, see Err.
func (w *Watcher) Next(limit int) (events []Event, more bool) {
	w.s.lock()
	defer w.s.unlock()
	if w.closed {
		return nil, false
	}
	if w.prefix {
		events = w.walkLocked(limit)
	} else if w.next != nil && limit > 0 {
		events = append(events, *w.next)
		w.next = nil
	}
	if w.pendingLocked() || len(events) >= limit && !w.ready {
		return events, true
	}
	if !w.ready {
		w.ready = true
		events = append(events, Event{Kind: EventReady})
	}
	w.waits = true
	return events, false
}

// pendingLocked reports whether there may be a change that was not returned.
func (w *Watcher) pendingLocked() bool {
	return w.next != nil || w.at != nil && w.at.Next() != nil
}

// walkLocked moves the marker behind the changes that it returns.
func (w *Watcher) walkLocked(limit int) (events []Event) {
	last := w.at
	for at := w.at.Next(); at != nil && len(events) < limit; at = at.Next() {
		last = at
		e, ok := at.Value.(*entry)
		if ok {
			w.told = max(w.told, e.Version)
		}
		switch {
		case !ok || !strings.HasPrefix(e.Key, w.key):
		case !e.dead:
			events = append(events, Event{EventSet, e.Item})
		case e.Version > w.begun:
			events = append(events, Event{EventDelete, e.Item})
		}
	}
	if last != w.at {
		w.s.order.MoveAfter(w.at, last)
	}
	if w.at.Next() == nil {
		w.told = w.s.version
		w.s.trimLocked()
	}
	return events
}

// Err returns why the watcher has ended by itself, or nil. wake is called when it does.
func (w *Watcher) Err() error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.err
}

// Close ends the watcher.
func (w *Watcher) Close() {
	w.s.lock()
	defer w.s.unlock()
	w.endLocked()
	w.s.trimLocked()
}

func (w *Watcher) endLocked() {
	if w.closed {
		return
	}
	w.closed = true
	s := w.s
	if w.prefix {
		s.order.Remove(w.at)
		s.prefixes = left(s.prefixes, w)
		return
	}
	s.watchers[w.key] = left(s.watchers[w.key], w)
	if len(s.watchers[w.key]) == 0 {
		delete(s.watchers, w.key)
	}
}

func joined(list []*Watcher, w *Watcher) []*Watcher {
	w.index = len(list)
	return append(list, w)
}

// left removes a watcher; the last one takes its place.
func left(list []*Watcher, w *Watcher) []*Watcher {
	last := len(list) - 1
	list[w.index], list[last].index = list[last], w.index
	list[last] = nil
	return list[:last]
}

// wakeLocked wakes a watcher that waits.
func (w *Watcher) wakeLocked() {
	if w.waits {
		w.waits = false
		w.s.calls = append(w.s.calls, w.wake)
	}
}

// movedLocked puts an entry that has changed at the end of the list, and tells its watchers.
func (s *Store) movedLocked(e *entry) {
	if e.at == nil {
		e.at = s.order.PushBack(e)
	} else {
		s.order.MoveToBack(e.at)
	}
	for _, w := range s.watchers[e.Key] {
		w.next = &Event{EventSet, e.Item}
		if e.dead {
			w.next.Kind = EventDelete
		}
		w.wakeLocked()
	}
	for _, w := range s.prefixes {
		if strings.HasPrefix(e.Key, w.key) {
			w.wakeLocked()
		} else if w.waits {
			s.order.MoveToBack(w.at)
			w.told = s.version
		}
	}
}

// forgetLocked removes the tombstone of a key that exists again.
func (s *Store) forgetLocked(key string) {
	if at := s.grave[key]; at != nil {
		s.order.Remove(at.Value.(*entry).at)
		s.graves.Remove(at)
		delete(s.grave, key)
	}
}

// trimLocked removes the tombstones that no watcher has to return any more. While too many
// are left, it ends the watcher that is furthest behind.
func (s *Store) trimLocked() {
	for s.graves.Len() > 0 && !s.resuming {
		var last *Watcher
		for _, w := range s.prefixes {
			if last == nil || w.told < last.told {
				last = w
			}
		}
		for at := s.graves.Front(); at != nil; at = s.graves.Front() {
			e := at.Value.(*entry)
			if last != nil && e.Version > last.told {
				break
			}
			s.forgetLocked(e.Key)
		}
		if s.graves.Len() <= s.limits.Keys {
			return
		}
		last.err = ErrLagging
		last.waits = true
		last.wakeLocked()
		last.endLocked()
	}
}
