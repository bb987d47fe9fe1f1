package hotswap

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// memory answers requests without hotswap, as hotswap does (docs/state.md). What it keeps is not bounded.
type memory struct {
	mu      sync.Mutex // guards the following fields, and is held while the functions of requests are called
	last    uint64     // id of a request
	version uint64     // of the newest change
	items   map[string]*item
	open    []*waiter // in the order in which they came
}

type item struct {
	value
	version uint64
	expires time.Time   // zero: never
	timer   *time.Timer // deletes the item at that time; nil: none does
}

// waiter is a request that stays open.
type waiter struct {
	request
	on    func(*message)
	first bool // of those for the same lease, or to define the same key
}

func newMemory() *memory { return &memory{items: map[string]*item{}} }

func (m *memory) send(r request, on func(*message)) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	r.ID = m.last
	w, i := &waiter{request: r, on: on}, m.items[r.Key]
	switch {
	case r.Op == "place":
		go on(&message{Event: "place", Seq: 1, State: "serving", Serving: true})
	case r.Op == "watch":
		m.open = append(m.open, w)
		for _, key := range m.keysLocked(&r) {
			on(m.items[key].message("set", key))
		}
		on(&message{Event: "ready"})
	case r.Op == "lease", r.Op == "define" && i == nil:
		m.open = append(m.open, w)
		m.turnLocked(w)
	default:
		on(m.answerLocked(r, i))
	}
	return r.ID
}

func (m *memory) also(id uint64, r request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.IndexFunc(m.open, func(w *waiter) bool { return w.ID == id })
	if at < 0 {
		return
	}
	w := m.open[at]
	switch r.Op {
	case "defined":
		if m.items[w.Key] == nil { // else another one has set it
			m.putLocked(w.Key, r.value, w.end())
		}
		w.on(m.items[w.Key].message("", ""))
	case "failed":
		w.on(&message{Code: "failed"})
	case "cancel":
		w.on(&message{Code: "canceled"})
	default:
		return
	}
	m.open = slices.DeleteFunc(m.open, func(other *waiter) bool { return other == w })
	m.turnLocked(w)
}

// turnLocked gives the first of the requests that wait for the same as this one its turn.
func (m *memory) turnLocked(w *waiter) {
	at := slices.IndexFunc(m.open, func(o *waiter) bool { return o.Op == w.Op && o.Key == w.Key && o.Name == w.Name })
	if at < 0 || m.open[at].first {
		return
	}
	next := m.open[at]
	next.first = true
	switch next.Op {
	case "define":
		next.on(&message{Run: true})
	case "lease":
		next.on(&message{Event: "granted"})
	}
}

// answerLocked answers a request that is over at once. i is the item of its key; nil: there is none.
func (m *memory) answerLocked(r request, i *item) *message {
	is := i.message("", "")
	if r.IfVersion != nil && *r.IfVersion != is.Version {
		return &message{Code: "version"}
	}
	switch r.Op {
	case "get", "define":
		return is
	case "set":
		m.putLocked(r.Key, r.value, r.end())
	case "add":
		return m.addLocked(r.Key, *r.By, i)
	case "delete":
		if i != nil {
			m.changeLocked(r.Key, nil)
		}
		return &message{Deleted: i != nil}
	case "list":
		for _, key := range m.keysLocked(&r) {
			i := m.items[key]
			is.Items = append(is.Items, Info{key, len(i.JSON) + len(i.Bytes)})
		}
	}
	return is
}

func (m *memory) addLocked(key string, by int64, i *item) *message {
	if i == nil {
		i = &item{value: value{JSON: []byte("0")}}
	}
	old, err := strconv.ParseInt(string(i.JSON), 10, 64)
	sum := old + by
	if err != nil || (sum < old) != (by < 0) {
		return &message{Code: "type", Error: "the key is no integer, or the sum needs more than 64 bits"}
	}
	m.putLocked(key, value{JSON: strconv.AppendInt(nil, sum, 10)}, i.expires)
	return m.items[key].message("", "")
}

func (m *memory) putLocked(key string, v value, expires time.Time) {
	i := &item{value: v, expires: expires}
	if !expires.IsZero() {
		i.timer = time.AfterFunc(time.Until(expires), func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.items[key] == i {
				m.changeLocked(key, nil)
			}
		})
	}
	m.changeLocked(key, i)
}

// changeLocked sets the item of a key, and tells those who wait for that; nil: it deletes the item.
func (m *memory) changeLocked(key string, i *item) {
	if old := m.items[key]; old != nil && old.timer != nil {
		old.timer.Stop()
	}
	m.version++
	event := "delete"
	if delete(m.items, key); i != nil {
		event, i.version, m.items[key] = "set", m.version, i
	}
	m.open = slices.DeleteFunc(m.open, func(w *waiter) bool {
		defined := i != nil && w.Op == "define" && w.Key == key && !w.first
		switch {
		case defined:
			w.on(i.message("", ""))
		case w.Op == "watch" && w.covers(key):
			w.on(i.message(event, key))
		}
		return defined
	})
}

// keysLocked returns the keys that a request covers, in their order.
func (m *memory) keysLocked(r *request) []string {
	keys := slices.Sorted(maps.Keys(m.items))
	return slices.DeleteFunc(keys, func(key string) bool { return !r.covers(key) })
}

// covers reports whether a watch, or a list, is about the key.
func (r *request) covers(key string) bool {
	return key == r.Key || r.Prefix != nil && strings.HasPrefix(key, *r.Prefix)
}

// end returns when the value of a request expires; zero: never.
func (r *request) end() (at time.Time) {
	if r.TTLMS > 0 {
		at = time.Now().Add(time.Duration(r.TTLMS) * time.Millisecond)
	}
	return at
}

// message returns an answer, or an event, with a copy of the value, which its receiver may change.
func (i *item) message(event, key string) *message {
	if i == nil {
		return &message{Missing: true, Event: event, Key: key}
	}
	v := value{slices.Clone(i.JSON), slices.Clone(i.Bytes)}
	return &message{Version: i.version, value: v, Event: event, Key: key}
}
