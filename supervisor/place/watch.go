package place

import (
	"bytes"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// maxEvents bounds the events that are taken from a watcher at a time. Each value may have 1 MiB.
const maxEvents = 16

// watchRequest tells changes of a key, or of all keys with a prefix.
type watchRequest struct {
	numbered
	watcher *store.Watcher
}

func (c *conn) watch(r *request) error {
	if (r.Key == "") == (r.Prefix == nil) {
		return errorf(codeBad, "watch needs a key or a prefix, not both")
	}
	w := &watchRequest{numbered: numbered{r.ID, c}}
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

func (w *watchRequest) say(out *bytes.Buffer, max int) (more, over bool) {
	more = true
	for more && out.Len() < max {
		var events []store.Event
		events, more = w.watcher.Next(maxEvents)
		for _, e := range events {
			put(out, w.answer(e))
		}
	}
	if err := w.watcher.Err(); err != nil {
		put(out, failure(w.id, err))
		return false, true
	}
	return more, false
}

func (w *watchRequest) answer(e store.Event) answer {
	switch e.Kind {
	case store.EventReady:
		return answer{ID: w.id, Event: "ready"}
	case store.EventDelete:
		return answer{ID: w.id, Event: "delete", Key: e.Item.Key, Version: &e.Item.Version}
	}
	a := itemOf(w.id, e.Item)
	a.Event, a.Key = "set", e.Item.Key
	return a
}

func (w *watchRequest) drop(bool) { w.watcher.Close() }
