package store

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
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
			if item := m.keys[key]; !item.end.IsZero() && !item.end.After(m.now) &&
				(first == "" || item.end.Before(m.keys[first].end)) {
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

// FuzzStore compares a store with a model after each step.
func FuzzStore(f *testing.F) {
	for _, seed := range []string{
		"s0s1g0d0l", "s0d0s0", "S0+0x+0xxx+0", "S0xxS1d1",
	} {
		f.Add([]byte(seed))
	}
	for seed := range uint64(100) {
		r, steps := rand.New(rand.NewPCG(seed, 1)), []byte{}
		for range 200 {
			steps = append(steps, "ssSS++ddx"[r.IntN(9)], byte(r.Uint32()))
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
	s := New(Limits{Key: 9, Value: 9, Total: total, Keys: 4})
	for i := 0; i+1 < len(ops); i += 2 {
		key := fmt.Sprintf("%c/%d", 'a'+ops[i+1]%2, ops[i+1]%6)
		value := fmt.Sprint(i)
		m.expire()
		switch ops[i] {
		case 's', 'S':
			ttl, ifVersion, end := time.Duration(0), (*uint64)(nil), time.Time{}
			if ops[i] == 'S' {
				ttl = time.Duration(1+ops[i+1]%3) * time.Hour
				end = m.now.Add(ttl)
			}
			if ops[i+1]%5 == 4 {
				ifVersion = ptr(m.keys[key].version + uint64(ops[i+1]%2))
			}
			_, err := s.Set(key, js(value), ttl, ifVersion)
			switch old, exists := m.keys[key]; {
			case ifVersion != nil && *ifVersion != old.version:
				if !errors.Is(err, ErrVersion) {
					t.Fatal(err)
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
			existed := s.Delete(key)
			if _, exists := m.keys[key]; existed != exists {
				t.Fatal(existed, exists)
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
		}
		check(t, s, m)
	}
}

func check(t *testing.T, s *Store, m *model) {
	t.Helper()
	total := 0
	for key, want := range m.keys {
		total += len(key) + len(want.value)
		if item, ok := s.Get(key); !ok || string(item.Value.JSON) != want.value || item.Version != want.version ||
			!item.Expires.Equal(want.end) {
			t.Fatalf("%s: %+v %v, want %+v", key, item, ok, want)
		}
	}
	keys := slices.Sorted(maps.Keys(m.keys))
	for i, after := range append([]string{""}, keys...) {
		for _, prefix := range []string{"", "a", "b/"} {
			want := slices.DeleteFunc(slices.Clone(keys[i:]), func(key string) bool {
				return !strings.HasPrefix(key, prefix)
			})
			got, more := s.List(prefix, after, 2)
			if len(got) != min(len(want), 2) || more != (len(want) > 2) {
				t.Fatalf("%s behind %s: %v %v, want %q", prefix, after, got, more, want)
			}
			for i, info := range got {
				if info.Key != want[i] || info.Version != m.keys[info.Key].version ||
					info.Size != len(m.keys[info.Key].value) {
					t.Fatalf("%+v, want %s of %+v", info, want[i], m.keys[info.Key])
				}
			}
		}
	}
	s.mu.Lock()
	version := s.version
	s.mu.Unlock()
	if keys, bytes := s.Stats(); keys != len(m.keys) || bytes != total || version != m.version {
		t.Fatalf("%d keys, %d bytes, version %d; want %d keys, %d bytes, version %d", keys, bytes, version, len(m.keys),
			total, m.version)
	}
}
