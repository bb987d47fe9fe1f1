package store

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a journal without a disk.
type memory struct {
	items   map[string]Item
	version uint64
	fails   error
	begins  chan int      // gets the number of changes of each commit; nil: nothing does
	ends    chan struct{} // lets a commit end; nil: it ends at once
	closed  int
}

func newMemory() *memory { return &memory{items: map[string]Item{}} }

func (m *memory) Load(add func(Item) error) (uint64, error) {
	for _, item := range m.items {
		if err := add(item); err != nil {
			return 0, err
		}
	}
	return m.version, nil
}

func (m *memory) Commit(changes []Change, version uint64, all iter.Seq[Item]) error {
	if m.begins != nil {
		m.begins <- len(changes)
		<-m.ends
	}
	if m.fails != nil {
		return m.fails
	}
	m.items, m.version = map[string]Item{}, version
	for item := range all {
		m.items[item.Key] = item
	}
	return nil
}

func (m *memory) Close() error {
	m.closed++
	return nil
}

func (m *memory) String() string {
	s := New(Limits{})
	for _, item := range m.items {
		s.put(item)
	}
	return all(s)
}

// all returns the items of a store as text.
func all(s *Store) string {
	var out []string
	infos, _ := s.List("", "", 1000)
	for _, info := range infos {
		item, _ := s.Get(info.Key)
		out = append(out, fmt.Sprintf("%s=%s@%d", item.Key, item.Value.JSON, item.Version))
	}
	return strings.Join(out, " ")
}

func open(t *testing.T, m *memory) *Store {
	t.Helper()
	s := New(Limits{})
	if err := s.Attach(m); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJournal(t *testing.T) {
	m := newMemory()
	s := open(t, m)
	mustSet(t, s, "a", "1")
	mustSet(t, s, "a", "2")
	mustSet(t, s, "b", "3")
	mustSet(t, s, "c", "4")
	s.Delete("b", nil)
	if m.String() != "a=2@2 c=4@4" || m.version != 5 {
		t.Errorf("%s", m)
	}
	s.Delete("c", nil)
	if err := s.Close(); err != nil || m.closed != 1 || m.String() != "a=2@2" {
		t.Errorf("%v: %s", err, m)
	}
	s = open(t, m)
	if all(s) != "a=2@2" {
		t.Error(all(s))
	}
	if v := mustSet(t, s, "a", "5"); v != 7 {
		t.Errorf("version %d is given again", v)
	}
}

func TestTimesToLiveInJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := open(t, m)
		for key, ttl := range map[string]time.Duration{"a": time.Second, "b": time.Hour} {
			if _, err := s.Set(key, js("1"), Write{TTL: ttl}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		s = open(t, m)
		if _, ok := s.Get("a"); ok || s.Stats().Keys != 1 {
			t.Error("a has expired")
		}
		woken := make(chan bool, 1)
		w := s.Watch("b", false, func() { woken <- true })
		w.Next(9)
		<-woken
		if got := next(w, 9); got != "-b" {
			t.Error(got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// All that is written during a commit shares the next, and nobody sees it before.
func TestCommitsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.begins, m.ends = make(chan int), make(chan struct{})
		s := open(t, m)
		var waiting sync.WaitGroup
		set := func(key string) { waiting.Go(func() { mustSet(t, s, key, "1") }) }
		set("a")
		if n := <-m.begins; n != 1 {
			t.Error(n)
		}
		seen := false
		waiting.Go(func() { _, seen = s.Get("a") })
		for range 10 {
			set("b")
			set("c")
		}
		synctest.Wait()
		if seen {
			t.Error("what is being committed is read")
		}
		m.ends <- struct{}{}
		if n := <-m.begins; n != 2 {
			t.Error(n)
		}
		m.ends <- struct{}{}
		waiting.Wait()
		if !seen {
			t.Error("what was committed is not read")
		}
	})
}

// A commit that fails never happened, for all who share it.
func TestCommitFails(t *testing.T) {
	m := newMemory()
	s := open(t, m)
	mustSet(t, s, "a", "1")
	mustSet(t, s, "b", "1")
	mustSet(t, s, "d", "1")
	w := s.Watch("", true, func() {})
	next(w, 99)
	s.Delete("d", nil)
	durable, version := all(s), s.version
	m.fails = errors.New("no space left")
	err := s.Do(func(tx *Tx) {
		tx.Set("a", js("2"), Write{})
		tx.Add("a", 1)
		tx.Delete("b", nil)
		tx.Set("c", js("9"), Write{})
		tx.Set("d", js("3"), Write{})
	})
	if !errors.Is(err, ErrUnsaved) || !errors.Is(err, m.fails) {
		t.Error(err)
	}
	if all(s) != durable || s.version != version {
		t.Errorf("%s is left, want %s", all(s), durable)
	}
	if got := next(w, 99); got != "-d" {
		t.Error(got)
	}
	m.fails = nil
	mustSet(t, s, "e", "1")
	if m.String() != all(s) {
		t.Errorf("the journal has %s, the store %s", m, all(s))
	}
}

func TestJournalThatMakesNoSense(t *testing.T) {
	for name, c := range map[string]struct {
		limits Limits
		want   error
	}{
		"key": {Limits{Key: 1}, ErrTooLarge}, "value": {Limits{Value: 1}, ErrTooLarge},
		"keys": {Limits{Keys: 1}, ErrFull}, "total": {Limits{Total: 5}, ErrFull},
	} {
		m := newMemory()
		m.items = map[string]Item{"aa": {Key: "aa", Value: js("11")}, "ab": {Key: "ab", Value: js("11")}}
		s := New(c.limits)
		if err := s.Attach(m); !errors.Is(err, c.want) || s.Stats() != (Stats{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
