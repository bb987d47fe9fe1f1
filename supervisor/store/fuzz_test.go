package store

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// model is a store as simple as possible: it looks at every key after each step.
type model struct {
	keys    map[string]modelItem
	version uint64
	now     time.Time
}

type modelItem struct {
	value   string
	version uint64
	end     time.Time
}

func (m *model) expire() {
	for {
		first := ""
		for _, key := range slices.Sorted(maps.Keys(m.keys)) {
			if item := m.keys[key]; !item.end.IsZero() && !item.end.After(m.now) && (first == "" || item.end.Before(m.keys[first].end)) {
				first = key
			}
		}
		if first == "" {
			return
		}
		m.version++
		delete(m.keys, first)
	}
}

func (m *model) set(key, value string, end time.Time) {
	m.version++
	m.keys[key] = modelItem{value, m.version, end}
}

// client is what somebody knows who applies the events of a watcher.
type client struct {
	w     *Watcher
	known map[string]string
	woken atomic.Bool
	ready bool // it has all that there was at its beginning
	more  bool
}

func (c *client) read(t *testing.T, limit int) {
	c.woken.Store(false)
	events, more := c.w.Next(limit)
	c.more = more
	if len(events) > limit+1 || more && len(events) == 0 && limit > 0 && c.w.Err() == nil {
		t.Fatalf("%d events, more: %v", len(events), more)
	}
	for _, e := range events {
		switch e.Kind {
		case EventSet:
			c.known[e.Item.Key] = string(e.Item.Value.JSON)
		case EventDelete:
			if delete(c.known, e.Item.Key); e.Item.Version <= c.w.begun {
				t.Fatalf("%+v was gone before anybody heard of it", e.Item)
			}
		case EventReady:
			if c.ready {
				t.Fatal("ready twice")
			}
			c.ready = true
		}
	}
}

// FuzzStore compares a store and its watchers with a model after each step.
func FuzzStore(f *testing.F) {
	for _, seed := range []string{
		"s0s1g0d0l", "S0S1wws0ers9eer", "s0d0s0", "S0+0x+0xxx+0", "wW0s0d0s1reReR", "S0xxwS1d1",
	} {
		f.Add([]byte(seed))
	}
	for seed := range uint64(100) {
		r, steps := rand.New(rand.NewPCG(seed, 1)), []byte{}
		for range 200 {
			steps = append(steps, "ssSS++ddxwWrrre"[r.IntN(15)], byte(r.Uint32()))
		}
		f.Add(steps)
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		if len(ops) > 400 {
			return
		}
		synctest.Test(t, func(t *testing.T) { fuzz(t, ops) })
	})
}

func fuzz(t *testing.T, ops []byte) {
	const total = 60
	m := &model{keys: map[string]modelItem{}, now: time.Now()}
	s := New(Limits{Keys: 4, Total: total})
	var clients []*client
	for i := 0; i+1 < len(ops); i += 2 {
		key := fmt.Sprintf("%c/%d", 'a'+ops[i+1]%2, ops[i+1]%6)
		value := fmt.Sprint(i)
		m.expire()
		switch ops[i] {
		case 's', 'S':
			w := Write{}
			end := time.Time{}
			if ops[i] == 'S' {
				w.TTL = time.Duration(1+ops[i+1]%3) * time.Hour
				end = m.now.Add(w.TTL)
			}
			if ops[i+1]%5 == 4 {
				w.IfVersion = ptr(m.keys[key].version + uint64(ops[i+1]%2))
			}
			given := js(value)
			_, err := s.Set(key, given, w)
			clear(given.JSON) // the store has a copy
			var wrong *VersionError
			switch old, exists := m.keys[key]; {
			case w.IfVersion != nil && *w.IfVersion != old.version:
				if !errors.As(err, &wrong) || wrong.Version != old.version {
					t.Fatalf("%v, has %d", err, old.version)
				}
			case !exists && len(m.keys) == 4:
				if !errors.Is(err, ErrFull) {
					t.Fatal(err)
				}
			case err != nil:
				t.Fatal(err)
			default:
				m.set(key, value, end)
			}
		case '+':
			old := m.keys[key]
			item, err := s.Add(key, 1)
			if err == nil {
				n := 0
				fmt.Sscan(old.value, &n)
				m.set(key, fmt.Sprint(n+1), old.end)
				if string(item.Value.JSON) != fmt.Sprint(n+1) {
					t.Fatal(item)
				}
			} else if !errors.Is(err, ErrFull) || len(m.keys) < 4 {
				t.Fatal(err)
			}
		case 'd':
			existed, err := s.Delete(key, nil)
			if _, exists := m.keys[key]; existed != exists || err != nil {
				t.Fatal(existed, exists, err)
			}
			if existed {
				m.version++
				delete(m.keys, key)
			}
		case 'x':
			time.Sleep(time.Hour - time.Duration(ops[i+1]&1)) // keys end at whole hours
			synctest.Wait()
			m.now = time.Now()
			m.expire()
		case 'w', 'W':
			if len(clients) > 8 {
				break
			}
			c := &client{known: map[string]string{}}
			prefix := ops[i] == 'w'
			if prefix {
				key = key[:ops[i+1]%3]
			}
			c.w = s.Watch(key, prefix, func() { c.woken.Store(true) })
			c.read(t, int(ops[i+1])%3)
			clients = append(clients, c)
		case 'r':
			if len(clients) > 0 {
				clients[int(ops[i+1])%len(clients)].read(t, 1)
			}
		case 'e':
			if len(clients) > 0 {
				at := int(ops[i+1]) % len(clients)
				clients[at].w.Close()
				clients = slices.Delete(clients, at, at+1)
			}
		}
		check(t, s, m, clients)
	}
}

func check(t *testing.T, s *Store, m *model, clients []*client) {
	t.Helper()
	total := 0
	for key, want := range m.keys {
		total += len(key) + len(want.value)
		if item, ok := s.Get(key); !ok || string(item.Value.JSON) != want.value || item.Version != want.version || !item.Expires.Equal(want.end) {
			t.Fatalf("%s: %+v %v, want %+v", key, item, ok, want)
		}
	}
	s.mu.Lock()
	version, watchers := s.version, len(s.watchers)
	s.mu.Unlock()
	if got := s.Stats(); got != (Stats{len(m.keys), total}) || version != m.version {
		t.Fatalf("%+v, version %d; want %d keys, %d bytes, version %d", got, version, len(m.keys), total, m.version)
	}
	for _, c := range clients {
		if c.w.Err() != nil {
			continue
		}
		if watchers--; c.more {
			continue
		}
		want := map[string]string{}
		for key, item := range m.keys {
			if key == c.w.key || c.w.prefix && strings.HasPrefix(key, c.w.key) {
				want[key] = item.value
			}
		}
		if !c.woken.Load() && (!c.ready || !maps.Equal(c.known, want)) {
			t.Fatalf("a watcher of %q that sleeps knows %v, want %v", c.w.key, c.known, want)
		}
	}
	if watchers != 0 {
		t.Fatalf("%d watchers are left of those that were closed", watchers)
	}
}
