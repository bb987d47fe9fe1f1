package store

import (
	"errors"
	"fmt"
	"maps"
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
	turns   map[string][]int // those who wait, in their order; the first has the turn if held
	held    map[string]bool
	told    map[int]string // what each caller of Define was told, by its number
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
	waiting := m.turns[key]
	if m.held[key] {
		m.turns[key], waiting = waiting[:1], waiting[1:]
	} else {
		m.turns[key] = nil
	}
	for _, c := range waiting {
		m.told[c] += value + " "
	}
}

// next gives a turn.
func (m *model) next(key string) {
	if !m.held[key] && len(m.turns[key]) > 0 {
		m.held[key] = true
		m.told[m.turns[key][0]] += "run "
	}
}

// end takes the turn from the first.
func (m *model) end(key, outcome string) {
	c := m.turns[key][0]
	m.told[c] += outcome
	m.held[key], m.turns[key] = false, m.turns[key][1:]
	m.next(key)
}

// client is what somebody knows who applies the events of a watcher.
type client struct {
	w     *Watcher
	known map[string]string
	woken atomic.Bool
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
			delete(c.known, e.Item.Key)
		}
	}
}

func FuzzStore(f *testing.F) {
	for _, seed := range []string{
		"s0s1g0d0l", "D0D0D0t0", "D0D0f0c0t0", "S0S1wws0ers9eer", "s0D0d0D0s0t0", "S0+0x+0xxx+0", "wW0s0d0s1reReR", "D0S0xD0xt0D0",
	} {
		f.Add([]byte(seed))
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
	m := &model{keys: map[string]modelItem{}, now: time.Now(), turns: map[string][]int{}, held: map[string]bool{}, told: map[int]string{}}
	s := New(Limits{Keys: 4, Total: total})
	defer s.Close()
	var callers []*definer
	var keys []string
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
			_, err := s.Set(key, js(value), w)
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
			time.Sleep(time.Hour)
			synctest.Wait()
			m.now = time.Now()
			m.expire()
		case 'D':
			c := len(callers)
			if item, exists := m.keys[key]; exists {
				m.told[c] = item.value + " "
			} else {
				m.turns[key] = append(m.turns[key], c)
				m.next(key)
			}
			callers, keys = append(callers, define(s, key)), append(keys, key)
		case 't', 'f':
			if !m.held[key] {
				break
			}
			turn := callers[m.turns[key][0]].turn()
			switch item, exists := m.keys[key]; {
			case ops[i] == 'f':
				turn.Failed(errors.New("no"))
				m.end(key, "no ")
			case exists:
				turn.Defined(js(value))
				m.end(key, item.value+" ")
			case len(m.keys) == 4:
				turn.Defined(js(value))
				m.end(key, "the store is full: it has 4 keys; delete some, or give them a time to live ")
			default:
				turn.Defined(js(value))
				holder := m.turns[key][0]
				m.set(key, value, time.Time{})
				m.told[holder] += value + " "
				m.held[key], m.turns[key] = false, nil
			}
		case 'c':
			if len(callers) == 0 {
				break
			}
			c := int(ops[i+1]) % len(callers)
			callers[c].cancel()
			waiting := m.turns[keys[c]]
			if m.held[keys[c]] && waiting[0] == c {
				m.end(keys[c], "")
			} else if at := slices.Index(waiting, c); at >= 0 {
				m.turns[keys[c]] = slices.Delete(waiting, at, at+1)
			}
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
		check(t, s, m, callers, clients)
	}
}

func check(t *testing.T, s *Store, m *model, callers []*definer, clients []*client) {
	t.Helper()
	total := 0
	for key, want := range m.keys {
		total += len(key) + len(want.value)
		if item, ok := s.Get(key); !ok || string(item.Value.JSON) != want.value || item.Version != want.version || !item.Expires.Equal(want.end) {
			t.Fatalf("%s: %+v %v, want %+v", key, item, ok, want)
		}
	}
	s.mu.Lock()
	version, logged := s.version, len(s.log)
	s.mu.Unlock()
	if got := s.Stats(); got != (Stats{len(m.keys), total}) || version != m.version {
		t.Fatalf("%+v, version %d; want %d keys, %d bytes, version %d", got, version, len(m.keys), total, m.version)
	}
	for c, d := range callers {
		if d.String() != m.told[c] {
			t.Fatalf("caller %d was told %q, want %q", c, d, m.told[c])
		}
	}
	if logged > 2*(len(m.keys)+4) {
		t.Fatalf("%d in the log", logged)
	}
	for _, c := range clients {
		if c.w.Err() != nil || c.more {
			continue
		}
		want := map[string]string{}
		for key, item := range m.keys {
			if key == c.w.key || c.w.prefix && strings.HasPrefix(key, c.w.key) {
				want[key] = item.value
			}
		}
		if !c.woken.Load() && !maps.Equal(c.known, want) {
			t.Fatalf("a watcher of %q that sleeps knows %v, want %v", c.w.key, c.known, want)
		}
	}
}
