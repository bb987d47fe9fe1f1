package place

import "github.com/hotswap-dev/hotswap/supervisor/store"

// maxEvents bounds the events that are taken from a watcher at a time. Each value may have 1 MiB.
const maxEvents = 16

// watchRequest tells changes of a key, or of all keys with a prefix.
type watchRequest struct {
	id      int64
	c       *conn
	watcher *store.Watcher
}

func (c *conn) watch(r *request) error {
	if (r.Key == "") == (r.Prefix == nil) {
		return errorf(codeBad, "watch needs a key or a prefix, not both")
	}
	w := &watchRequest{id: r.ID, c: c}
	if err := c.begin(w); err != nil {
		return err
	}
	key := r.Key
	if r.Prefix != nil {
		key = *r.Prefix
	}
	w.watcher = c.store().Watch(key, r.Prefix != nil, func() { c.mark(w) })
	c.mark(w)
	return nil
}

func (w *watchRequest) number() int64 { return w.id }

func (w *watchRequest) say(a *answers, max int) (more, over bool) {
	more = true
	for more && len(a.buf) < max {
		var events []store.Event
		events, more = w.watcher.Next(maxEvents)
		for _, e := range events {
			w.add(a, e)
		}
	}
	if err := w.watcher.Err(); err != nil {
		a.fail(w.id, told(err))
		return false, true
	}
	return more, false
}

func (w *watchRequest) add(a *answers, e store.Event) {
	a.begin(w.id)
	switch e.Kind {
	case store.EventReady:
		a.text("event", "ready")
	case store.EventDelete:
		a.text("event", "delete").text("key", e.Item.Key).number("version", e.Item.Version)
	default:
		a.text("event", "set").text("key", e.Item.Key).item(e.Item)
	}
	a.end()
}

func (w *watchRequest) drop(bool) { w.watcher.Close() }
