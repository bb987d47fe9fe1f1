package place

import "github.com/hotswap-dev/hotswap/supervisor/store"

// maxEvents bounds the events that are taken from a watcher at a time. Each value may have 1 MiB.
const maxEvents = 16

// watchRequest tells changes of a key, or of all keys with a prefix.
type watchRequest struct {
	id      int64
	c       *conn
	watcher *store.Watcher
	// lost are events that were not written, because a commit has failed before. What the commit has changed is
	// taken back, which gives events, but the others would be missing. conn.writing guards it.
	lost []store.Event
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
	for len(w.lost) > 0 && len(a.buf) < max {
		if e, ok := w.now(w.lost[0]); ok {
			w.add(a, e)
		}
		w.lost = w.lost[1:]
	}
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

// now returns what a lost event would say now; false: nothing, because the watcher has a newer event of the key.
func (w *watchRequest) now(e store.Event) (store.Event, bool) {
	if e.Kind == store.EventReady {
		return e, true
	}
	item, ok := w.c.store().Get(e.Item.Key)
	if ok {
		e.Item = item
	}
	return e, ok == (e.Kind == store.EventSet)
}

// add adds an event. Ready is owed, too, because it comes behind others.
func (w *watchRequest) add(a *answers, e store.Event) {
	begin := len(a.buf)
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
	e.Item.Value = store.Value{}
	a.owed = append(a.owed, owed{id: w.id, begin: begin, end: len(a.buf), watch: w, event: e})
}

// state returns how far the watch has come, for another hotswap, which tells lost events anew.
func (w *watchRequest) state() store.WatchState {
	st := w.watcher.State()
	for _, e := range w.lost {
		now, ok := w.now(e)
		switch {
		case e.Kind == store.EventReady:
			st.Ready = false
		case !ok:
		case st.Prefix:
			st.Told = min(st.Told, now.Item.Version-1)
		case !st.Pending:
			st.Pending = true
			if now.Kind == store.EventDelete {
				st.Deleted = now.Item.Version
			}
		}
	}
	return st
}

func (w *watchRequest) drop(bool) { w.watcher.Close() }
