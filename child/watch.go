package child

import (
	"context"
	"iter"
	"sync"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// news are the changes that a watch has not reported yet: of each key the newest. So they are bounded however
// slow the reader is.
type news struct {
	wake chan struct{} // has a token when there is something

	mu     sync.Mutex // guards the following fields
	order  []string   // keys with news; "": synced
	newest map[string]change
	err    error // behind all news
}

func newNews() *news { return &news{wake: make(chan struct{}, 1), newest: map[string]change{}} }

// add does not block.
func (n *news) add(m *message) {
	n.mu.Lock()
	switch err := m.err(); {
	case err != nil:
		n.err = err
	case m.Event == "ready":
		n.putLocked("", change{synced: true})
	case m.Event == "set":
		n.putLocked(m.Key, change{item: m.item(m.Key)})
	case m.Event == "delete":
		n.putLocked(m.Key, change{item: m.item(m.Key), deleted: true})
	}
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *news) putLocked(key string, c change) {
	if _, waits := n.newest[key]; !waits {
		n.order = append(n.order, key)
	}
	n.newest[key] = c
}

// take returns all that there is.
func (n *news) take() (out []change, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, key := range n.order {
		out = append(out, n.newest[key])
	}
	n.order = nil
	clear(n.newest)
	return out, n.err
}

func (c *client) watch(ctx context.Context, key string, prefix bool) iter.Seq2[change, error] {
	return func(yield func(change, error) bool) {
		conn, err := c.connect()
		if err != nil {
			yield(change{}, err)
			return
		}
		what := "key"
		if prefix {
			what = "prefix"
		}
		n := newNews()
		id := conn.send(op("watch").text(what, key), call{on: n.add})
		defer conn.also(id, op("cancel"))
		each(ctx, n.wake, n.take, yield)
	}
}

func (m *memory) watch(ctx context.Context, key string, prefix bool) iter.Seq2[change, error] {
	return func(yield func(change, error) bool) {
		wake := make(chan struct{}, 1)
		wake <- struct{}{}
		w := m.store.Watch(key, prefix, func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
		defer w.Close()
		each(ctx, wake, func() (out []change, err error) {
			events, more := w.Next(100)
			for _, e := range events {
				out = append(out, change{e.Item, e.Kind == store.EventDelete, e.Kind == store.EventReady})
			}
			if more {
				select {
				case wake <- struct{}{}:
				default:
				}
			}
			return out, theirs(w.Err())
		}, yield)
	}
}

// each yields what take returns, and takes again after each wake, until ctx ends, take fails or the loop
// ends.
func each(ctx context.Context, wake <-chan struct{}, take func() ([]change, error), yield func(change, error) bool) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		}
		all, err := take()
		for _, c := range all {
			if ctx.Err() != nil || !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(change{}, err)
			return
		}
	}
}
