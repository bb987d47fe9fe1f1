package store

import (
	"cmp"
	"slices"
	"strings"
	"time"
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

// change says that a key got a version, by which it was written or deleted.
type change struct {
	key     string // "": of a watcher, that it is ready
	version uint64
}

// Watcher returns changes of a key, or of all keys with a prefix.
type Watcher struct {
	s      *Store
	key    string
	prefix bool
	wake   func()
	begun  uint64 // the store's version at the beginning; 0 while Watch queues what there is

	// The store's mutex guards these.
	queue  []change          // that Next has not returned, by version
	newest map[string]uint64 // the newest version of each key in the queue; older ones there are void
	waits  bool              // for wake: Next has returned everything
	err    error             // why the watcher has ended; nil: it has not
}

// Watch returns a watcher of a key, or of all keys that begin with the key. Call Next at once, and again each time
// wake is called, until it reports no more. wake must neither block nor call the store; it may be called once more
// after Close.
func (s *Store) Watch(key string, prefix bool, wake func()) *Watcher {
	w := &Watcher{s: s, key: key, prefix: prefix, wake: wake, newest: map[string]uint64{}}
	if w.err = s.limits.check(key, 0); w.err != nil {
		return w
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.items[key]; e != nil && !prefix {
		w.add(change{key, e.Version})
	}
	if prefix {
		var all []change
		for _, e := range s.items {
			all = append(all, change{e.Key, e.Version})
		}
		slices.SortFunc(all, func(a, b change) int { return cmp.Compare(a.version, b.version) })
		for _, c := range all {
			w.add(c)
		}
	}
	w.queue = append(w.queue, change{})
	w.begun = s.version
	s.watchers[w] = true
	return w
}

// Next returns at most limit events, and reports whether there may be more. A watcher that has ended returns none,
// see Err.
func (w *Watcher) Next(limit int) (events []Event, more bool) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if !w.s.watchers[w] {
		return nil, false
	}
	for len(w.queue) > 0 {
		c := w.queue[0]
		if w.void(c) {
			w.queue = w.queue[1:]
			continue
		}
		if len(events) >= limit {
			return events, true
		}
		w.queue = w.queue[1:]
		delete(w.newest, c.key)
		switch e := w.s.items[c.key]; {
		case c.key == "":
			events = append(events, Event{Kind: EventReady})
		case e != nil && e.expired(time.Now()): // its deletion comes when its timer ends
		case e != nil:
			events = append(events, Event{EventSet, e.Item})
		case c.version > w.begun: // else nobody was told that it existed
			events = append(events, Event{EventDelete, Item{Key: c.key, Version: c.version}})
		}
	}
	w.queue, w.waits = nil, true
	return events, false
}

// void reports whether the key has a newer change in the queue.
func (w *Watcher) void(c change) bool { return c.key != "" && w.newest[c.key] != c.version }

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

// add queues a change if the watcher is for its key.
func (w *Watcher) add(c change) {
	if c.key != w.key && !(w.prefix && strings.HasPrefix(c.key, w.key)) {
		return
	}
	if first := w.newest[c.key]; first != 0 && first <= w.begun {
		return // Next has yet to return the key for the first time, which comes before EventReady
	}
	w.newest[c.key] = c.version
	w.queue = append(w.queue, c)
	switch {
	case len(w.newest) > 2*w.s.limits.Keys: // as many keys were deleted as there may be
		w.err, w.queue, w.newest = ErrLagging, nil, nil
		delete(w.s.watchers, w)
	case len(w.queue) > 2*len(w.newest)+1:
		w.queue = slices.DeleteFunc(w.queue, w.void)
	}
	if w.waits || w.err != nil {
		w.waits = false
		w.wake()
	}
}
