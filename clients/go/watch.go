package hotswap

import (
	"context"
	"iter"
	"sync"
)

// Event is a change that [Watch] reports.
type Event[T any] struct {
	Key     string
	Value   T
	Deleted bool // the key was deleted, or has expired; Value is zero
	Synced  bool // all that existed when the watch began has been reported; no other field is set
}

// Watch reports the value of the key, then [Event.Synced], then each change until ctx ends or the loop does.
// A loop that is slow gets the newest value, and not those between.
//
//	for e, err := range hotswap.Watch[Config](ctx, "config") { … }
func Watch[T any](ctx context.Context, key string) iter.Seq2[Event[T], error] {
	return watch[T](ctx, key, request{Op: "watch", Key: key}, checkKey(key, 1))
}

// WatchPrefix is [Watch] for all keys with the prefix.
func WatchPrefix[T any](ctx context.Context, prefix string) iter.Seq2[Event[T], error] {
	return watch[T](ctx, prefix, request{Op: "watch", Prefix: &prefix}, checkKey(prefix, 0))
}

// watch ends without an error when ctx does, because that is how a caller ends it.
func watch[T any](ctx context.Context, key string, r request, wrong error) iter.Seq2[Event[T], error] {
	return func(yield func(Event[T], error) bool) {
		l, err := ours().link()
		if wrong != nil {
			err = wrong
		}
		if err != nil {
			yield(Event[T]{}, about(err, "watch", key))
			return
		}
		n := &news{wake: make(chan struct{}, 1), newest: map[string]*message{}}
		id := l.send(r, n.add)
		defer l.also(id, request{Op: "cancel"})
		for {
			select {
			case <-ctx.Done():
				return
			case <-n.wake:
			}
			for _, m := range n.take() {
				e := Event[T]{Key: m.Key, Deleted: m.Event == "delete", Synced: m.Event == "ready"}
				err := m.err()
				if m.Event == "set" {
					e.Value, err = decode[T](m.value)
				}
				if ctx.Err() != nil || !yield(e, about(err, "watch", key)) || m.final() {
					return
				}
			}
		}
	}
}

// news are the changes that a watch has not reported yet: of each key the newest. So they are bounded however
// slow the reader is.
type news struct {
	wake chan struct{} // has a token when there is something

	mu     sync.Mutex // guards the following fields
	order  []string   // keys with news; "": the watch is in sync, or has ended
	newest map[string]*message
}

// add does not block.
func (n *news) add(m *message) {
	n.mu.Lock()
	if n.newest[m.Key] == nil {
		n.order = append(n.order, m.Key)
	}
	n.newest[m.Key] = m
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// take returns all that there is.
func (n *news) take() (out []*message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, key := range n.order {
		out = append(out, n.newest[key])
	}
	n.order = nil
	clear(n.newest)
	return out
}
